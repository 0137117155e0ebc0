import { ByteReader } from '../wire/byte-reader.ts'
import { readGroupMetadataKey } from './group-metadata-record.ts'
import { versionOf } from './internal-record.ts'
import { type OffsetCommitKey, readOffsetCommitKey } from './offset-commit-record.ts'

/** What a record of `__consumer_offsets` is about; the version of its key says which kind it is. */
export type GroupRecordKey =
  | ({ readonly kind: 'offsetCommit'; readonly version: number } & OffsetCommitKey)
  | { readonly kind: 'groupMetadata'; readonly version: number; readonly group: string }
  | NewGroupRecordKey
  | { readonly kind: 'unknown'; readonly version: number }

/**
 * A record of a group of the new protocols: consumer groups of KIP-848 (versions 3 to 8) and share groups of KIP-932 (9 to
 * 15). All name their group first, and a member where there is one; their values stay opaque here.
 */
export interface NewGroupRecordKey {
  readonly kind: 'consumerGroup' | 'shareGroup'
  readonly version: number
  readonly group: string
  readonly memberId: string | undefined
  /** Whether the group has this member for as long as the record stands. */
  readonly isMembership: boolean
}

/** Reads the key of any record of `__consumer_offsets`. Throws `MalformedMessageError` when it is cut short. */
export function readGroupRecordKey(key: Uint8Array): GroupRecordKey {
  const version = versionOf(key)
  if (version === 0 || version === 1) return { kind: 'offsetCommit', version, ...readOffsetCommitKey(key) }
  if (version === 2) return { kind: 'groupMetadata', version, group: readGroupMetadataKey(key) }
  if (version >= 3 && version <= 15) return readNewGroupKey(key, version)
  return { kind: 'unknown', version }
}

/** Member metadata, assignments and so on: the kinds whose key names a member after the group. */
const versionsWithMember: ReadonlySet<number> = new Set([5, 7, 8, 10, 13, 14])
const membershipVersions: ReadonlySet<number> = new Set([5, 10])

function readNewGroupKey(key: Uint8Array, version: number): NewGroupRecordKey {
  const from = new ByteReader(key, 2)
  return {
    kind: version <= 8 ? 'consumerGroup' : 'shareGroup',
    version,
    group: from.string(),
    memberId: versionsWithMember.has(version) ? from.string() : undefined,
    isMembership: membershipVersions.has(version),
  }
}
