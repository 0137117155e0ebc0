import { NO_LEADER_EPOCH, offset } from '../../../src/base/brands.ts'
import { batchesOf } from '../../../src/broker/groups/group-log.ts'
import { offsetCommitRecord } from '../../../src/coordinator/offset-commit-record.ts'

/** A batch with one committed position of a group, in partition 0 of topic `t`. */
export function committedBatch(group: string, position: number): Uint8Array {
  const value = { offset: offset(position), leaderEpoch: NO_LEADER_EPOCH, metadata: '', commitTimestamp: 0 }
  const record = offsetCommitRecord({ group, topic: 't', partition: 0 }, value)
  const [batch] = batchesOf([record], { timestamp: 0, sizeMax: 1_000_000 })
  if (batch === undefined) throw new Error('one record makes one batch')
  return batch
}
