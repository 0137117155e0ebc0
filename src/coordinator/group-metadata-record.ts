import { NO_TIMESTAMP } from '../base/brands.ts'
import { type ValueOf, array, bytes, int32, nullable, string, struct, timestamp } from '../wire/schema.ts'
import { type RecordToAppend, type VersionedSchema, readVersioned, writeVersioned } from './internal-record.ts'

/** A classic group: key version 2 of `__consumer_offsets` (Kafka's GroupMetadataKey). */
const groupMetadataKey = struct({ group: string })

/** Kafka's GroupMetadataValue. */
const groupMetadataValue = struct({
  /** `consumer`, `connect`... or empty for a group that never had members. */
  protocolType: string,
  generation: int32,
  /** The assignor that was voted for. */
  protocol: nullable(string),
  leader: nullable(string),
  currentStateTimestamp: timestamp.since(2).or(NO_TIMESTAMP),
  members: array({
    memberId: string,
    groupInstanceId: nullable(string).since(3),
    clientId: string,
    clientHost: string,
    /** In ms; -1 means that the session timeout counts. */
    rebalanceTimeout: int32.since(1).or(-1),
    sessionTimeout: int32,
    /** A ConsumerProtocolSubscription when the protocol type is `consumer`; else the members' own matter. */
    subscription: bytes,
    /** A ConsumerProtocolAssignment, likewise; empty before the leader has given one. */
    assignment: bytes,
  }),
})
export type GroupMetadataValue = ValueOf<typeof groupMetadataValue>
export type GroupMember = GroupMetadataValue['members'][number]

const keySchema: VersionedSchema<ValueOf<typeof groupMetadataKey>> = {
  name: 'a group metadata key',
  type: groupMetadataKey,
  versionFirst: 2,
  versionLast: 2,
}

const valueSchema: VersionedSchema<GroupMetadataValue> = {
  name: 'a group metadata value',
  type: groupMetadataValue,
  versionFirst: 0,
  versionLast: 4,
  flexibleSince: 4,
}

/** The group's id. Throws `MalformedMessageError` when `key` is not of version 2, or cut short. */
export function readGroupMetadataKey(key: Uint8Array): string {
  return readVersioned(keySchema, key).value.group
}

/** Reads versions 0 to 4. Throws `MalformedMessageError`. Subscriptions and assignments are views of `value`. */
export function readGroupMetadataValue(value: Uint8Array): GroupMetadataValue {
  return readVersioned(valueSchema, value).value
}

/** The record as Kafka 2.3 and later write and read it: key version 2, value version 3. A null value deletes the group. */
export function groupMetadataRecord(group: string, value: GroupMetadataValue | null): RecordToAppend {
  return {
    key: writeVersioned(keySchema, 2, { group }),
    value: value === null ? null : writeVersioned(valueSchema, 3, value),
  }
}
