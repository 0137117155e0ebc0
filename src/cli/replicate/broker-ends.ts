import { setTimeout as sleep } from 'node:timers/promises'
import { RefusedError, UsageError } from '../../base/errors.ts'
import type { Cluster } from '../../client/cluster.ts'
import { addressName, type DialAddress } from '../../network/dial.ts'
import type { Leader } from '../../replication/leader.ts'
import { directoryOwner } from '../../storage/directory-ownership.ts'
import type { LogDirectoryOptions } from '../../storage/log-directory.ts'
import { BrokerStore } from '../../store/broker-store.ts'
import { DirectoryStore } from '../../store/directory-store.ts'
import type { ClientSecurity } from '../client-security.ts'
import { openCluster } from '../open-broker-store.ts'
import type { BrokersPeer } from '../values/peer.ts'
import { BrokerLeader } from './broker-leader.ts'
import { directoryLeader } from './directory-ends.ts'
import type { FollowerSeat } from './follow-leader.ts'
import { KafkaPush } from './kafka-push.ts'
import type { ReplicationRequest } from './request.ts'

/** Brokers as the source of a copy. */
export function brokerLeader(peer: BrokersPeer, security: ClientSecurity): Leader {
  const { store, cluster } = openBrokers(peer, security)
  return new BrokerLeader(store, cluster)
}

function openBrokers({ servers }: BrokersPeer, security: ClientSecurity): { store: BrokerStore; cluster: Cluster } {
  const addresses = servers.map(({ host, port }): DialAddress => ({ kind: 'tcp', host, port }))
  const cluster = openCluster(addresses, security)
  return { cluster, store: new BrokerStore({ name: addresses.map(addressName).join(','), cluster, acks: 'all' }) }
}

/** Between two looks for what is new with --follow, in ms. */
const lookEveryMs = 100

/** A cluster that is not ours, and how to speak to it. */
export interface KafkaTarget {
  readonly peer: BrokersPeer
  readonly security: ClientSecurity
}

/** Sends what the request names to a cluster that is not ours: the same records, each once, at offsets of its own. */
export async function pushToKafka(
  { peer, security }: KafkaTarget,
  request: ReplicationRequest,
  seat: FollowerSeat,
): Promise<void> {
  if (request.groups)
    throw new UsageError('--groups does not go to kafka://: offsets are others there', { hint: 'leave it out' })
  if (!request.isDryRun) refuseKafkas(seat.directory)
  const leader = directoryLeader(seat.directory)
  const source = new DirectoryStore(seat.directory)
  const { store: target } = openBrokers(peer, security)
  try {
    const push = new KafkaPush({ leader, source, target }, request, seat)
    await push.round()
    while (request.follows && !seat.stop.aborted) {
      await sleep(lookEveryMs, undefined, { signal: seat.stop })
      await push.round()
    }
  } finally {
    leader.close()
    source.close()
    target.close()
  }
}

/** What was sent is noted beside the log, and a broker's directory is not ours to write into. */
function refuseKafkas({ fileSystem, path }: LogDirectoryOptions): void {
  if (directoryOwner(fileSystem, path) !== 'kafka') return
  throw new RefusedError(`${path} is Apache Kafka's, and what is sent must be noted there`, {
    hint: 'send it from a copy: tslog replicate TOPIC ./copy, and then with -d ./copy',
  })
}
