import { array, int16, int32, int64, int8, string, struct, uuid } from '../wire/schema.ts'
import { readVersioned, versionOf } from './internal-record.ts'

/** What share groups (KIP-932) have delivered of a partition: the records of `__share_group_state`. They are read here to be shown. */

const key = struct({ groupId: string, topicId: uuid, partition: int32 })

const stateBatches = array({ firstOffset: int64, lastOffset: int64, deliveryState: int8, deliveryCount: int16 })

const snapshot = struct({
  snapshotEpoch: int32,
  stateEpoch: int32,
  leaderEpoch: int32,
  startOffset: int64,
  deliveryCompleteCount: int32.or(-1).tagged(0),
  createTimestamp: int64,
  writeTimestamp: int64,
  stateBatches,
})

const update = struct({
  snapshotEpoch: int32,
  leaderEpoch: int32,
  startOffset: int64,
  deliveryCompleteCount: int32.or(-1).tagged(0),
  stateBatches,
})

/** The fields of a key: of version 0 for a snapshot, 1 for an update of it. Throws `MalformedMessageError`. */
export function readShareStateKey(bytes: Uint8Array): object {
  return readVersioned({ name: 'a share state key', type: key, versionFirst: 0, versionLast: 1 }, bytes).value
}

/** The fields of the value that belongs to `keyBytes`. Throws `MalformedMessageError`. */
export function readShareStateValue(keyBytes: Uint8Array, value: Uint8Array): object {
  const versions = { versionFirst: 0, versionLast: 0, flexibleSince: 0 }
  return versionOf(keyBytes) === 0
    ? readVersioned({ name: 'a share state snapshot', type: snapshot, ...versions }, value).value
    : readVersioned({ name: 'a share state update', type: update, ...versions }, value).value
}
