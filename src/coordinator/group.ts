import type { GroupMember } from './group-metadata-record.ts'
import type { OffsetsOfGroup } from './stored-offsets.ts'

/** Kafka's names. `Dead` is a group that is not there; a rebalance is never seen at rest, the last two only with KIP-848. */
export type GroupState =
  | 'Empty'
  | 'Stable'
  | 'Dead'
  | 'PreparingRebalance'
  | 'CompletingRebalance'
  | 'Assigning'
  | 'Reconciling'

/** Which protocol the group speaks: the classic one, that of KIP-848, or that of share groups (KIP-932). */
export type GroupType = 'classic' | 'consumer' | 'share'

/** A group as the records of its partition tell it, at one moment. */
export interface Group {
  readonly groupId: string
  readonly type: GroupType
  readonly state: GroupState
  /** `consumer`, `connect`...; empty when the group only ever committed offsets. */
  readonly protocolType: string
  /** The assignor that the members voted for. */
  readonly protocol: string | null
  /** Counts the rebalances of a classic group; -1 when it never had one. */
  readonly generationId: number
  readonly leader: string | null
  /** What is known of the members of a classic group. */
  readonly members: readonly GroupMember[]
  /** The members of a group of any type. */
  readonly memberIds: readonly string[]
  readonly offsets: OffsetsOfGroup
  /** The keys of all records but the offsets' that stand for this group: what a deletion takes back. */
  readonly otherKeys: readonly Uint8Array[]
}
