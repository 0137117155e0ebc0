import type { LeaderEpoch, Offset } from '../base/brands.ts'
import { NO_LEADER_EPOCH, NO_TIMESTAMP } from '../base/brands.ts'
import { type ValueOf, int32, int64, string, struct, timestamp, uuid } from '../wire/schema.ts'
import { type RecordToAppend, type VersionedSchema, readVersioned, writeVersioned } from './internal-record.ts'

/** The committed position of a group in one partition: key versions 0 and 1 of `__consumer_offsets` (Kafka's OffsetCommitKey). */
const offsetCommitKey = struct({ group: string, topic: string, partition: int32 })
export type OffsetCommitKey = ValueOf<typeof offsetCommitKey>

/** Kafka's OffsetCommitValue, without what nothing depends on. */
const valueFields = {
  offset: int64.as<Offset>(),
  leaderEpoch: int32.as<LeaderEpoch>().since(3).or(NO_LEADER_EPOCH),
  metadata: string,
  commitTimestamp: timestamp,
  /** When the offset goes, in ms; -1 leaves that to `offsets.retention.minutes`. Only clients of before 2.1 set it. */
  expireTimestamp: timestamp.since(1).until(1).or(NO_TIMESTAMP),
}
const offsetCommitValue = struct(valueFields)
export type OffsetCommitValue = ValueOf<typeof offsetCommitValue>

const keySchema: VersionedSchema<OffsetCommitKey> = {
  name: 'an offset commit key',
  type: offsetCommitKey,
  versionFirst: 0,
  versionLast: 1,
}

const valueSchema: VersionedSchema<OffsetCommitValue> = {
  name: 'an offset commit value',
  type: offsetCommitValue,
  versionFirst: 0,
  versionLast: 4,
  flexibleSince: 4,
}

/** All of it, to be shown: also which topic it was that had the name, as Kafka 4.2 and later say. */
const wholeValueSchema: VersionedSchema<object> = {
  ...valueSchema,
  type: struct({ ...valueFields, topicId: uuid.since(4).tagged(0) }),
}

/** Throws `MalformedMessageError` when `key` is not of version 0 or 1, or cut short. */
export function readOffsetCommitKey(key: Uint8Array): OffsetCommitKey {
  return readVersioned(keySchema, key).value
}

/** Reads versions 0 to 4. Throws `MalformedMessageError`. */
export function readOffsetCommitValue(value: Uint8Array): OffsetCommitValue {
  return readVersioned(valueSchema, value).value
}

/** Reads the same with all that is in it, in any version. Throws `MalformedMessageError`. */
export function readWholeOffsetCommitValue(value: Uint8Array): object {
  return readVersioned(wholeValueSchema, value).value
}

/** What is committed; the expire timestamp may be left out. */
export type OffsetToRecord = Omit<OffsetCommitValue, 'expireTimestamp'> & Partial<OffsetCommitValue>

/**
 * The record as Kafka 2.1 and later write and read it: key version 1, value version 3; version 1, which lacks the leader
 * epoch, when it has to say when the offset expires. A null value takes the offset back.
 */
export function offsetCommitRecord(key: OffsetCommitKey, value: OffsetToRecord | null): RecordToAppend {
  return { key: writeVersioned(keySchema, 1, key), value: value === null ? null : writeValue(value) }
}

function writeValue({ expireTimestamp = NO_TIMESTAMP, ...value }: OffsetToRecord): Uint8Array {
  return writeVersioned(valueSchema, expireTimestamp === NO_TIMESTAMP ? 3 : 1, { ...value, expireTimestamp })
}
