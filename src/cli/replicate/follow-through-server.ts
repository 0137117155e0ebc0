import type { Leader } from '../../replication/leader.ts'
import { openServerConnection } from '../open-broker-store.ts'
import type { FollowerSeat } from './follow-leader.ts'
import { PeerLink } from './peer-link.ts'
import type { ReplicationRequest } from './request.ts'
import { push } from './sessions.ts'

/** Has the server that holds the directory of a seat follow a leader that is reached from here: only the server writes there. */
export async function followThroughServer(
  leader: Leader,
  request: ReplicationRequest,
  seat: Pick<FollowerSeat, 'directory' | 'onProgress' | 'onReport' | 'stop'>,
): Promise<void> {
  const connection = await openServerConnection(seat.directory.path)
  const link = new PeerLink(connection.handOver(), true)
  try {
    await push(link, leader, { ...request, isSlow: false }, seat)
  } finally {
    link.close()
  }
}
