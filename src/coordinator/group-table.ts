import type { Offset, ProducerId } from '../base/brands.ts'
import { MalformedMessageError } from '../base/errors.ts'
import type { Group } from './group.ts'
import { type GroupMetadataValue, readGroupMetadataValue } from './group-metadata-record.ts'
import { type NewGroupRecordKey, readGroupRecordKey } from './group-record-key.ts'
import { NewProtocolGroup } from './new-protocol-group.ts'
import { type OffsetCommitKey, readOffsetCommitValue } from './offset-commit-record.ts'
import { PendingOffsets } from './pending-offsets.ts'
import { type OffsetsOfGroup, StoredOffsets } from './stored-offsets.ts'

/** A record of `__consumer_offsets`. */
export interface GroupRecord {
  readonly offset: Offset
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

/** What the batch around a record says: offsets committed inside a transaction wait for its end. */
export interface GroupBatch {
  readonly isTransactional: boolean
  readonly producerId: ProducerId
}

/** A record that could not be read. It changed nothing. */
export interface UnreadableRecord {
  readonly offset: Offset
  readonly reason: string
}

/**
 * The groups of one partition of `__consumer_offsets`, rebuilt by replaying its records in the order of their offsets: the
 * last record of a key wins, a null value takes the key back. Offsets committed in a transaction count from its COMMIT
 * marker on, unless a later record of the same key came first; as Kafka's OffsetMetadataManager does.
 *
 * Nothing given to `replay` is kept: buffers may be used again.
 */
export class GroupTable {
  readonly #committed = new StoredOffsets()
  readonly #pending = new PendingOffsets()
  readonly #metadata = new Map<string, ClassicGroup>()
  readonly #newGroups = new Map<string, NewProtocolGroup>()
  readonly #unreadable: UnreadableRecord[] = []
  #unreadableCount = 0

  /** How many records could not be read. */
  get unreadableCount(): number {
    return this.#unreadableCount
  }

  /** The first of them, at most `UNREADABLE_KEPT`. */
  get unreadable(): readonly UnreadableRecord[] {
    return this.#unreadable
  }

  /** Takes in one record that is not a control record. Never throws: what cannot be read is noted and skipped. */
  replay(record: GroupRecord, batch: GroupBatch): void {
    try {
      this.#apply(record, batch)
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      this.#unreadableCount += 1
      if (this.#unreadable.length < UNREADABLE_KEPT) {
        this.#unreadable.push({ offset: record.offset, reason: error.message })
      }
    }
  }

  /** Takes in a control record: the end of the producer's transaction in this partition. */
  endTransaction(producerId: ProducerId, outcome: 'COMMIT' | 'ABORT'): void {
    const pending = this.#pending.take(producerId)
    if (pending === undefined || outcome === 'ABORT') return
    for (const [key, stored] of pending.entries()) {
      const existing = this.#committed.get(key)
      if (existing === undefined || existing.recordOffset < stored.recordOffset) this.#committed.set(key, stored)
    }
  }

  /** All groups that are there, by id. */
  groups(): readonly Group[] {
    return [...this.groupIds()].toSorted().map((id) => this.group(id))
  }

  /** One group; a group that is not there is `Dead` and has nothing, as Kafka describes it. */
  group(groupId: string): Group {
    const classic = classicPart(this.#metadata.get(groupId))
    const newer = newerPart(this.#newGroups.get(groupId))
    const offsets = this.#committed.ofGroup(groupId)
    const memberIds = [...classic.fields.members.map(({ memberId }) => memberId), ...newer.memberIds]
    const otherKeys = [...classic.keys, ...newer.keys]
    return {
      groupId,
      type: newer.type,
      state: memberIds.length > 0 ? 'Stable' : otherKeys.length + offsets.size > 0 ? 'Empty' : 'Dead',
      ...classic.fields,
      memberIds,
      offsets,
      otherKeys,
    }
  }

  /** The ids of all groups that are there, in no order. */
  groupIds(): ReadonlySet<string> {
    return new Set([...this.#metadata.keys(), ...this.#newGroups.keys(), ...this.#committed.groupIds()])
  }

  /** How many groups have committed positions. */
  get committedGroupCount(): number {
    return this.#committed.groupCount
  }

  /** What the last record of a classic group says; `undefined` when it has none. Not to be changed. */
  classicGroup(groupId: string): GroupMetadataValue | undefined {
    return this.#metadata.get(groupId)?.value
  }

  /** Whether the group is one of the newer protocols, which nothing here coordinates. */
  isNewProtocolGroup(groupId: string): boolean {
    return this.#newGroups.has(groupId)
  }

  /** The positions of a group as they are now and will be: not a copy. */
  offsetsOf(groupId: string): OffsetsOfGroup | undefined {
    return this.#committed.of(groupId)
  }

  /** Positions that wait for the end of a transaction. */
  get pending(): Pick<PendingOffsets, 'has' | 'hasGroup' | 'ofGroup'> {
    return this.#pending
  }

  #apply(record: GroupRecord, batch: GroupBatch): void {
    if (record.key === null) throw new MalformedMessageError('a record of a group without a key', 0)
    const key = readGroupRecordKey(record.key)
    switch (key.kind) {
      case 'offsetCommit':
        return this.#applyOffset(key, record, batch)
      case 'groupMetadata':
        return this.#applyMetadata(key.group, record.key, record.value)
      case 'consumerGroup':
      case 'shareGroup':
        return this.#applyNewGroup(key, record.key, record.value)
      case 'unknown':
        // From a later version of Kafka, which says that those are to be skipped.
        return undefined
    }
  }

  #applyOffset({ group, topic, partition }: OffsetCommitKey, { offset, value }: GroupRecord, batch: GroupBatch): void {
    const key = { group, topic, partition }
    if (value === null) {
      this.#committed.delete(key)
      this.#pending.delete(key)
      return
    }
    const stored = { ...readOffsetCommitValue(value), recordOffset: offset }
    if (batch.isTransactional) this.#pending.set(batch.producerId, key, stored)
    else this.#committed.set(key, stored)
  }

  #applyMetadata(group: string, key: Uint8Array, value: Uint8Array | null): void {
    if (value === null) this.#metadata.delete(group)
    // What is read are views, so the copy comes first.
    else this.#metadata.set(group, { key: key.slice(), value: readGroupMetadataValue(value.slice()) })
  }

  #applyNewGroup(record: NewGroupRecordKey, key: Uint8Array, value: Uint8Array | null): void {
    const group =
      this.#newGroups.get(record.group) ?? new NewProtocolGroup(record.kind === 'shareGroup' ? 'share' : 'consumer')
    group.apply(record, key, value !== null)
    if (group.isEmpty) this.#newGroups.delete(record.group)
    else this.#newGroups.set(record.group, group)
  }
}

/** How many unreadable records are named one by one. */
export const UNREADABLE_KEPT = 100

interface ClassicGroup {
  readonly key: Uint8Array
  readonly value: GroupMetadataValue
}

interface ClassicPart {
  readonly fields: Pick<Group, 'protocolType' | 'protocol' | 'generationId' | 'leader' | 'members'>
  readonly keys: readonly Uint8Array[]
}

function classicPart(group: ClassicGroup | undefined): ClassicPart {
  if (group === undefined) {
    return { fields: { protocolType: '', protocol: null, generationId: -1, leader: null, members: [] }, keys: [] }
  }
  const { protocolType, protocol, generation: generationId, leader, members } = group.value
  return { fields: { protocolType, protocol, generationId, leader, members }, keys: [group.key] }
}

function newerPart(
  group: NewProtocolGroup | undefined,
): Pick<Group, 'type' | 'memberIds'> & { keys: readonly Uint8Array[] } {
  if (group === undefined) return { type: 'classic', memberIds: [], keys: [] }
  return { type: group.type, memberIds: group.memberIds(), keys: group.keys() }
}
