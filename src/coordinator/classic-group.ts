import { NO_TIMESTAMP, type TimestampMs } from '../base/brands.ts'
import { MalformedMessageError } from '../base/errors.ts'
import { readSubscribedTopics } from '../protocol/consumer-protocol.ts'
import { memberFromRecord } from './classic-member.ts'
import { isMemberId, isName } from './group-names.ts'
import { type GroupMetadataValue, groupMetadataRecord } from './group-metadata-record.ts'
import { GroupRoster } from './group-roster.ts'
import type { GroupStep } from './group-step.ts'
import type { RecordToAppend } from './internal-record.ts'

/**
 * ```
 *            first member joins                     all joined, or time is up
 *   Empty ─────────────────────► PreparingRebalance ─────────────────────────► CompletingRebalance
 *     ▲                           │   ▲        ▲  a member joins, leaves or expires │        │
 *     └── all joined: nobody ─────┘   │        └────────────────────────────────────┘        │ the leader's
 *                                     └─────────────────── Stable ◄──────────────────────────┘ assignment
 * ```
 */
export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

/** When the join phase is looked at again. */
export interface JoinTimer {
  readonly deadlineMs: number
  /** Set in the first rebalance of an empty group: it waits for more members, by so much at once and at most so much in all. */
  readonly initial?: { readonly delayMs: number; readonly remainingMs: number }
}

/** The `protocolType` of consumers, whose subscriptions the coordinator can read. */
const consumerProtocolType = 'consumer'

/** A group of the classic protocol while its coordinator runs. What a step does to it is in `group-rebalance.ts` and the files of the requests. */
export class ClassicGroup {
  readonly groupId: string
  readonly roster = new GroupRoster()
  /** `consumer`, `connect`...; null for a group that never had members. */
  protocolType: string | null = null
  /** What was voted for, from the end of a join phase on. */
  protocolName: string | null = null
  generationId = 0
  /** Whether the rebalance going on began from an empty group. */
  isInitialRebalance = false
  /** Whether somebody joined since the initial rebalance was last put off. */
  newMemberAdded = false
  joinTimer: JoinTimer | undefined
  /** Until when all members have to ask for their assignment. */
  syncDeadlineMs: number | undefined
  #state: ClassicGroupState = 'Empty'
  #stateTimestamp: TimestampMs
  #subscribedTopics: ReadonlySet<string> | undefined

  constructor(groupId: string, stateTimestamp: TimestampMs = NO_TIMESTAMP) {
    this.groupId = groupId
    this.#stateTimestamp = stateTimestamp
  }

  get state(): ClassicGroupState {
    return this.#state
  }

  /** When the state was entered. */
  get stateTimestamp(): TimestampMs {
    return this.#stateTimestamp
  }

  /** Whether nothing would be lost if the group were forgotten. */
  get isNothing(): boolean {
    return this.#state === 'Empty' && this.roster.pendingJoins.size === 0
  }

  get usesConsumerProtocol(): boolean {
    return this.protocolType === consumerProtocolType
  }

  /** What all members subscribe to; `undefined` when that is not known. */
  get subscribedTopics(): ReadonlySet<string> | undefined {
    return this.#subscribedTopics
  }

  isSubscribedTo(topic: string): boolean {
    return this.#subscribedTopics?.has(topic) ?? this.usesConsumerProtocol
  }

  enter(state: ClassicGroupState, step: GroupStep): void {
    this.#state = state
    this.#stateTimestamp = step.now
  }

  /** The members of now become a generation: it has a protocol, and waits for the leader's assignment. */
  beginGeneration(step: GroupStep): void {
    this.generationId += 1
    const isEmpty = this.roster.size === 0
    this.protocolName = isEmpty ? null : this.roster.selectProtocol()
    this.#subscribedTopics = this.#computeSubscribedTopics()
    this.roster.pendingSyncs.clear()
    this.enter(isEmpty ? 'Empty' : 'CompletingRebalance', step)
  }

  /** The earliest moment at which time alone changes the group; `Infinity` when it never does. Looks at each member. */
  nextDeadlineMs(): number {
    let next = Math.min(this.joinTimer?.deadlineMs ?? Infinity, this.syncDeadlineMs ?? Infinity)
    for (const deadline of this.roster.pendingJoins.values()) next = Math.min(next, deadline)
    for (const { sessionDeadlineMs } of this.roster.members()) next = Math.min(next, sessionDeadlineMs)
    return next
  }

  /** The group as `__consumer_offsets` keeps it: what it is read back from after a restart. */
  toRecord(): RecordToAppend {
    return groupMetadataRecord(this.groupId, {
      protocolType: this.protocolType ?? '',
      generation: this.generationId,
      protocol: this.protocolName,
      leader: this.roster.leader,
      currentStateTimestamp: this.#stateTimestamp,
      members: [...this.roster.members()].map((member) => member.toRecord(this.protocolName)),
    })
  }

  /** The group as its record tells it: Stable with the members it names, who are to be heard of within their session timeouts. */
  static fromRecord(groupId: string, value: GroupMetadataValue): ClassicGroup {
    const group = new ClassicGroup(groupId, value.currentStateTimestamp)
    const members = isWritable(value) ? value.members : []
    group.protocolType = value.protocolType === '' ? null : value.protocolType
    group.protocolName = value.protocol
    group.generationId = value.generation
    for (const member of members) {
      if (!group.roster.has(member.memberId)) group.roster.add(memberFromRecord(member, value.protocol))
    }
    group.roster.restoreLeader(value.leader)
    if (group.roster.size > 0) group.#state = 'Stable'
    group.#subscribedTopics = group.#computeSubscribedTopics()
    return group
  }

  #computeSubscribedTopics(): ReadonlySet<string> | undefined {
    if (!this.usesConsumerProtocol) return undefined
    try {
      const topics = new Set<string>()
      for (const member of this.roster.members()) {
        for (const topic of readSubscribedTopics(member.metadata(this.protocolName))) topics.add(topic)
      }
      return topics
    } catch (error) {
      if (error instanceof MalformedMessageError) return undefined
      throw error
    }
  }
}

/** Whether the group could be written again and told to others: names in flexible versions may be longer than in the others. */
function isWritable({ protocolType, protocol, members }: GroupMetadataValue): boolean {
  const names = members.flatMap(({ groupInstanceId, clientId, clientHost }) => [
    groupInstanceId ?? '',
    clientId,
    clientHost,
  ])
  return [protocolType, protocol ?? '', ...names].every(isName) && members.every(({ memberId }) => isMemberId(memberId))
}
