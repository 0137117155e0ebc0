import type { JoinGroupRequest } from '../protocol/messages/join-group.ts'
import type { GroupMember } from './group-metadata-record.ts'
import type { RequestId } from './group-step.ts'

/** A protocol that a member can work with (for consumers: an assignor), and what it says about itself in it. */
export interface MemberProtocol {
  readonly name: string
  readonly metadata: Uint8Array
}

/** What does not change about a member for as long as it is one. */
export interface MemberIdentity {
  readonly memberId: string
  /** A static member's own name: it keeps its place over restarts. */
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
}

/** What a member says each time it joins. */
export interface MemberTerms {
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  /** In the order of its liking; no name twice. */
  readonly protocols: readonly MemberProtocol[]
}

export const NO_ASSIGNMENT: Uint8Array = new Uint8Array(0)

/** A member of a classic group. Whether it waits for an answer is kept by the roster, which counts those that do. */
export class ClassicMember implements MemberIdentity {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  terms: MemberTerms
  assignment: Uint8Array = NO_ASSIGNMENT
  /** It joined without an id and was never answered: it cannot send heartbeats. */
  isNew = false
  /** On the clock that never jumps; `Infinity` while it is not held to a heartbeat. */
  sessionDeadlineMs = Infinity
  /** The SyncGroup that waits for the leader's. */
  waitingSync: RequestId | undefined

  constructor({ memberId, groupInstanceId, clientId, clientHost }: MemberIdentity, terms: MemberTerms) {
    this.memberId = memberId
    this.groupInstanceId = groupInstanceId
    this.clientId = clientId
    this.clientHost = clientHost
    this.terms = terms
  }

  get isStatic(): boolean {
    return this.groupInstanceId !== null
  }

  /** What it says about itself in a protocol; nothing when it does not know it. */
  metadata(protocolName: string | null): Uint8Array {
    return this.terms.protocols.find(({ name }) => name === protocolName)?.metadata ?? NO_ASSIGNMENT
  }

  /** Its vote: the first of its protocols that is among the candidates. */
  vote(candidates: ReadonlySet<string>): string | undefined {
    return this.terms.protocols.find(({ name }) => candidates.has(name))?.name
  }

  /** Whether it says what it said before. */
  matches(protocols: readonly MemberProtocol[]): boolean {
    const own = this.terms.protocols
    return own.length === protocols.length && own.every((protocol, i) => isSameProtocol(protocol, protocols[i]))
  }

  /** As the record of its group has it. */
  toRecord(protocolName: string | null): GroupMember {
    return {
      memberId: this.memberId,
      groupInstanceId: this.groupInstanceId,
      clientId: this.clientId,
      clientHost: this.clientHost,
      rebalanceTimeout: this.terms.rebalanceTimeoutMs,
      sessionTimeout: this.terms.sessionTimeoutMs,
      subscription: this.metadata(protocolName),
      assignment: this.assignment,
    }
  }
}

function isSameProtocol(one: MemberProtocol, other: MemberProtocol | undefined): boolean {
  return other !== undefined && one.name === other.name && Buffer.compare(one.metadata, other.metadata) === 0
}

/** A member as the record of its group, whose protocol is `protocolName`, tells it. */
export function memberFromRecord(record: GroupMember, protocolName: string | null): ClassicMember {
  const { sessionTimeout: sessionTimeoutMs, rebalanceTimeout, subscription } = record
  const member = new ClassicMember(record, {
    rebalanceTimeoutMs: rebalanceTimeout === -1 ? sessionTimeoutMs : rebalanceTimeout,
    sessionTimeoutMs,
    protocols: protocolName === null ? [] : [{ name: protocolName, metadata: subscription }],
  })
  member.assignment = record.assignment
  return member
}

/** What a JoinGroup says, copied out of its frame. Version 0 has no rebalance timeout: the session's counts. */
export function termsOf({ protocols, rebalanceTimeoutMs, sessionTimeoutMs }: JoinGroupRequest): MemberTerms {
  const byName = new Map<string, MemberProtocol>()
  for (const { name, metadata } of protocols) {
    if (!byName.has(name)) byName.set(name, { name, metadata: new Uint8Array(metadata) })
  }
  return {
    rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
    sessionTimeoutMs,
    protocols: [...byName.values()],
  }
}
