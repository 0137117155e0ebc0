import { MalformedMessageError } from '../base/errors.ts'
import { ByteReader } from '../wire/byte-reader.ts'
import { type Json, plainJson } from '../wire/plain-json.ts'
import { readAssignment, readSubscription } from '../protocol/consumer-protocol.ts'
import { type GroupMember, type GroupMetadataValue, readGroupMetadataValue } from './group-metadata-record.ts'
import { type GroupRecordKey, readGroupRecordKey } from './group-record-key.ts'
import { versionOf } from './internal-record.ts'
import { readNewGroupValue } from './new-group-values.ts'
import { readWholeOffsetCommitValue } from './offset-commit-record.ts'
import { readShareStateKey, readShareStateValue } from './share-state-record.ts'
import { readTransactionLogKey, readTransactionLogValue, transactionStatusName } from './transaction-log-record.ts'

/** A record of an internal topic in words. */
export interface InternalRecordDescription {
  readonly type:
    | 'offsetCommit'
    | 'groupMetadata'
    | 'consumerGroup'
    | 'shareGroup'
    | 'streamsGroup'
    | 'shareState'
    | 'transactionState'
  /** The version and the fields of the key. */
  readonly key: Json
  /** Likewise of the value; null is a tombstone. */
  readonly value: Json
}

/**
 * Explains a record of `__consumer_offsets`, `__transaction_state` or `__share_group_state`; `undefined` for any other topic, and for a
 * record that is of a later version or malformed. Numbers beyond 2^53 become decimal strings, and bytes base64.
 */
export function describeInternalRecord(
  topic: string,
  key: Uint8Array | null,
  value: Uint8Array | null,
): InternalRecordDescription | undefined {
  if (key === null) return undefined
  try {
    if (topic === '__consumer_offsets') return describeGroupRecord(key, value)
    if (topic === '__share_group_state') return describeShareState(key, value)
    return topic === '__transaction_state' ? describeTransactionRecord(key, value) : undefined
  } catch (error) {
    if (error instanceof MalformedMessageError) return undefined
    throw error
  }
}

function describeGroupRecord(bytes: Uint8Array, value: Uint8Array | null): InternalRecordDescription | undefined {
  const key = readGroupRecordKey(bytes)
  if (key.kind === 'unknown') return describeLaterKey(bytes, value)
  return { type: key.kind, key: describeGroupKey(key), value: value === null ? null : describeGroupValue(key, value) }
}

function describeGroupKey(key: Exclude<GroupRecordKey, { kind: 'unknown' }>): Json {
  const { version, group } = key
  if (key.kind === 'offsetCommit') return { version, group, topic: key.topic, partition: key.partition }
  if (key.kind === 'groupMetadata' || key.memberId === undefined) return { version, group }
  return { version, group, memberId: key.memberId }
}

function describeGroupValue(key: GroupRecordKey, value: Uint8Array): Json {
  if (key.kind === 'offsetCommit') return withVersion(value, readWholeOffsetCommitValue(value))
  if (key.kind === 'groupMetadata') return describeGroupMetadata(value)
  return describeNewGroupValue(key.version, value)
}

/** What an earlier preview of a protocol wrote is shown as it is. */
function describeNewGroupValue(keyVersion: number, value: Uint8Array): Json {
  const version = versionOf(value)
  try {
    const read = version === 0 ? readNewGroupValue(keyVersion, value) : undefined
    if (read !== undefined) return plainJson({ version, ...read })
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
  }
  return { version, base64: base64Of(value) }
}

const regularExpressionVersion = 16
const streamsVersionLast = 23
const streamsVersionsWithMember: ReadonlySet<number> = new Set([19, 21, 22])

/** Regular expressions of consumer groups, and streams groups (KIP-1071): nothing else here needs to know of them. */
function describeLaterKey(bytes: Uint8Array, value: Uint8Array | null): InternalRecordDescription | undefined {
  const from = new ByteReader(bytes)
  const version = from.int16()
  if (version < regularExpressionVersion || version > streamsVersionLast) return undefined
  const group = from.string()
  const described = value === null ? null : describeNewGroupValue(version, value)
  if (version === regularExpressionVersion) {
    const key = { version, group, regularExpression: from.string() }
    return { type: 'consumerGroup', key, value: described }
  }
  const key = streamsVersionsWithMember.has(version) ? { version, group, memberId: from.string() } : { version, group }
  return { type: 'streamsGroup', key, value: described }
}

function describeShareState(bytes: Uint8Array, value: Uint8Array | null): InternalRecordDescription {
  return {
    type: 'shareState',
    key: withVersion(bytes, readShareStateKey(bytes)),
    value: value === null ? null : withVersion(value, readShareStateValue(bytes, value)),
  }
}

function describeGroupMetadata(value: Uint8Array): Json {
  const metadata = readGroupMetadataValue(value)
  const members = metadata.members.map((member) => describeMember(metadata, member))
  return withVersion(value, { ...metadata, members })
}

/** Subscription and assignment in words where the members speak the consumer protocol. */
function describeMember({ protocolType }: GroupMetadataValue, member: GroupMember): unknown {
  if (protocolType !== 'consumer') return member
  try {
    return {
      ...member,
      subscription: readSubscription(member.subscription),
      assignment: readAssignment(member.assignment),
    }
  } catch (error) {
    if (error instanceof MalformedMessageError) return member
    throw error
  }
}

function describeTransactionRecord(bytes: Uint8Array, value: Uint8Array | null): InternalRecordDescription {
  const key = { version: versionOf(bytes), transactionalId: readTransactionLogKey(bytes) }
  return { type: 'transactionState', key, value: value === null ? null : describeTransaction(value) }
}

function describeTransaction(bytes: Uint8Array): Json {
  const value = readTransactionLogValue(bytes)
  const status = transactionStatusName(value.transactionStatus) ?? value.transactionStatus
  return withVersion(bytes, { ...value, transactionStatus: status })
}

function withVersion(bytes: Uint8Array, value: object): Json {
  return plainJson({ version: versionOf(bytes), ...value })
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
