import { assert } from '../base/assert.ts'
import { ClassicMember, type MemberTerms } from './classic-member.ts'
import type { RequestId } from './group-step.ts'

/**
 * Who belongs to a classic group, who leads it, and who is waited for. It keeps counts, so that no question about all members
 * looks at each of them: a group of n members forms in O(n).
 */
export class GroupRoster {
  readonly #members = new Map<string, ClassicMember>()
  readonly #memberIdOfInstance = new Map<string, string>()
  /** How many members know a protocol. */
  readonly #supporters = new Map<string, number>()
  /** The JoinGroup requests that wait for the end of a rebalance, by member id. */
  readonly #waitingJoins = new Map<string, RequestId>()
  /** Member ids that were handed out and not joined with yet, with the deadline for it. */
  readonly pendingJoins = new Map<string, number>()
  /** Members that were told the generation and have not asked for their assignment yet. */
  readonly pendingSyncs = new Set<string>()
  #leader: string | null = null

  get size(): number {
    return this.#members.size
  }

  /** The leader's member id; null exactly when there are no members. */
  get leader(): string | null {
    return this.#leader
  }

  get waitingJoinCount(): number {
    return this.#waitingJoins.size
  }

  /** Whether nobody is waited for any more in a rebalance. */
  get haveAllJoined(): boolean {
    return this.#members.size === this.#waitingJoins.size && this.pendingJoins.size === 0
  }

  members(): IterableIterator<ClassicMember> {
    return this.#members.values()
  }

  get(memberId: string): ClassicMember | undefined {
    return this.#members.get(memberId)
  }

  has(memberId: string): boolean {
    return this.#members.has(memberId)
  }

  /** The member id that a static member's name stands for now. */
  memberIdOf(groupInstanceId: string): string | undefined {
    return this.#memberIdOfInstance.get(groupInstanceId)
  }

  /** The first member leads. */
  add(member: ClassicMember): void {
    const { memberId, groupInstanceId } = member
    assert(!this.#members.has(memberId), `${memberId} is a member already`)
    if (groupInstanceId !== null) this.#memberIdOfInstance.set(groupInstanceId, memberId)
    this.#members.set(memberId, member)
    this.#count(member.terms, 1)
    this.#leader ??= memberId
    this.pendingJoins.delete(memberId)
  }

  /** Takes a member out, or forgets an id that was handed out; the next in line leads. Its waiting requests have been answered. */
  remove(memberId: string): void {
    this.pendingJoins.delete(memberId)
    this.pendingSyncs.delete(memberId)
    const member = this.#members.get(memberId)
    if (member === undefined) return
    assert(member.waitingSync === undefined && !this.isWaitingToJoin(memberId), `${memberId} waits for an answer`)
    this.#members.delete(memberId)
    this.#count(member.terms, -1)
    if (member.groupInstanceId !== null && this.memberIdOf(member.groupInstanceId) === memberId) {
      this.#memberIdOfInstance.delete(member.groupInstanceId)
    }
    if (this.#leader === memberId) this.#leader = this.#firstId()
  }

  /** What the member says from now on. */
  update(member: ClassicMember, terms: MemberTerms): void {
    this.#count(member.terms, -1)
    member.terms = terms
    this.#count(terms, 1)
  }

  /** A static member came back under a new id, which takes the old one's place, lead and assignment. */
  replace(old: ClassicMember, memberId: string): ClassicMember {
    const led = this.#leader === old.memberId
    const wasPendingSync = this.pendingSyncs.has(old.memberId)
    this.remove(old.memberId)
    const member = new ClassicMember({ ...identityOf(old), memberId }, old.terms)
    member.assignment = old.assignment
    this.add(member)
    if (led) this.#leader = memberId
    if (wasPendingSync) this.pendingSyncs.add(memberId)
    return member
  }

  /** The member's JoinGroup waits; the one that waited before, if any, is for the caller to answer. */
  waitToJoin(memberId: string, request: RequestId): RequestId | undefined {
    const before = this.#waitingJoins.get(memberId)
    this.#waitingJoins.set(memberId, request)
    return before
  }

  isWaitingToJoin(memberId: string): boolean {
    return this.#waitingJoins.has(memberId)
  }

  /** The member's JoinGroup waits no more: it is for the caller to answer. */
  takeWaitingJoin(memberId: string): RequestId | undefined {
    const request = this.#waitingJoins.get(memberId)
    this.#waitingJoins.delete(memberId)
    return request
  }

  /** Whether every member knows at least one of these protocols. */
  supportsOneOf(protocolNames: Iterable<string>): boolean {
    for (const name of protocolNames) {
      if ((this.#supporters.get(name) ?? 0) === this.#members.size) return true
    }
    return false
  }

  /** The protocol that most members vote for, among those that all of them know. */
  selectProtocol(): string {
    const candidates = new Set<string>()
    for (const [name, count] of this.#supporters) if (count === this.#members.size) candidates.add(name)
    const votes = new Map<string, number>()
    for (const member of this.#members.values()) {
      const vote = member.vote(candidates)
      if (vote !== undefined) votes.set(vote, (votes.get(vote) ?? 0) + 1)
    }
    const [winner] = [...votes].toSorted(([, one], [, other]) => other - one)
    assert(winner !== undefined, 'the members of a group have a protocol in common')
    return winner[0]
  }

  /** The longest that any member may take to rejoin, in ms. */
  rebalanceTimeoutMs(): number {
    let longest = 0
    for (const { terms } of this.#members.values()) longest = Math.max(longest, terms.rebalanceTimeoutMs)
    return longest
  }

  /** Gives the lead to a member that joined when the leader did not. False when nobody joined at all. */
  electJoinedLeader(): boolean {
    if (this.#leader !== null && this.isWaitingToJoin(this.#leader)) return true
    const [joined] = this.#waitingJoins.keys()
    if (joined === undefined) return false
    this.#leader = joined
    return true
  }

  /** For a group that is read back: its record says who leads. A leader that is no member leaves the first one. */
  restoreLeader(memberId: string | null): void {
    if (memberId !== null && this.#members.has(memberId)) this.#leader = memberId
  }

  #firstId(): string | null {
    for (const memberId of this.#members.keys()) return memberId
    return null
  }

  #count({ protocols }: MemberTerms, by: 1 | -1): void {
    for (const { name } of protocols) {
      const count = (this.#supporters.get(name) ?? 0) + by
      if (count === 0) this.#supporters.delete(name)
      else this.#supporters.set(name, count)
    }
  }
}

function identityOf({ memberId, groupInstanceId, clientId, clientHost }: ClassicMember) {
  return { memberId, groupInstanceId, clientId, clientHost }
}
