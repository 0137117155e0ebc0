import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JoinGroupResponse } from '../../src/protocol/messages/join-group.ts'
import type { SyncGroupResponse } from '../../src/protocol/messages/sync-group.ts'
import { TestCoordinator, type Waiting, subscription, utf8 } from './support/test-coordinator.ts'

type Action =
  | { readonly do: 'join' | 'forgetAndJoin' | 'sync' | 'heartbeat' | 'leave' | 'commit'; readonly client: number }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'restart' }

const clients = fc.nat({ max: 5 })
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('join' as const), client: clients }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('sync' as const), client: clients }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('forgetAndJoin' as const, 'heartbeat' as const, 'leave' as const, 'commit' as const),
      client: clients,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat({ max: 12_000 }) }) },
  { weight: 1, arbitrary: fc.constant<Action>({ do: 'restart' }) },
)

/** A client that does what it is told to, in any order; two in three have an instance id, and they differ in what they vote for. */
class Client {
  memberId = ''
  generationId = -1
  isLeader = false
  members: readonly string[] = []
  joining: Waiting<JoinGroupResponse> | undefined
  syncing: Waiting<SyncGroupResponse> | undefined
  readonly groupInstanceId: string | null
  readonly #index: number

  constructor(index: number) {
    this.#index = index
    this.groupInstanceId = index % 3 === 0 ? null : `i${index}`
  }

  get joinOptions() {
    const names = this.#index % 2 === 0 ? ['range', 'sticky'] : ['sticky', 'range']
    return {
      memberId: this.memberId,
      groupInstanceId: this.groupInstanceId,
      protocols: names.map((name) => ({ name, metadata: subscription(`t${this.#index}`) })),
      rebalanceTimeoutMs: 5000 + this.#index * 1000,
      apiVersion: this.#index === 0 ? 3 : 8 + (this.#index % 2),
    }
  }

  /** Takes in the answer to its JoinGroup, if there is one by now; true when it was admitted. */
  joined(): boolean {
    const answer = this.joining?.answer
    if (answer === undefined) return false
    this.joining = undefined
    if (answer.memberId !== '') this.memberId = answer.memberId
    if (answer.errorCode !== 0) return false
    this.generationId = answer.generationId
    this.isLeader = answer.members.length > 0 && !answer.skipAssignment
    this.members = answer.members.map(({ memberId }) => memberId)
    return true
  }
}

/** What has been seen of a group, and must not be contradicted. */
class History {
  readonly #assignments = new Map<string, string>()
  readonly #leaders = new Map<number, string>()
  #generationInLog = -1

  /** A member's assignment in a generation is the same whenever it is asked for. */
  sawAssignment(generationId: number, memberId: string, { errorCode, assignment }: SyncGroupResponse): void {
    if (errorCode !== 0) return
    const key = `${generationId} ${memberId}`
    const text = Buffer.from(assignment).toString()
    expect(this.#assignments.get(key) ?? text).toBe(text)
    this.#assignments.set(key, text)
    if (text !== '') expect(text.startsWith(`${generationId}:`)).toBe(true)
  }

  /** One member makes the assignment of a generation. */
  sawLeader(generationId: number, memberId: string): void {
    expect(this.#leaders.get(generationId) ?? memberId).toBe(memberId)
    this.#leaders.set(generationId, memberId)
  }

  /** A generation that was never in the log may be had again after a restart. */
  restarted(): void {
    this.#leaders.clear()
  }

  sawLog(generationId: number): void {
    expect(generationId).toBeGreaterThanOrEqual(this.#generationInLog)
    this.#generationInLog = generationId
  }
}

class Schedule {
  readonly coordinator = new TestCoordinator({ initialRebalanceDelayMs: 2000, groupSizeMax: 5 })
  readonly #history = new History()
  #assignmentCount = 0
  readonly #clients = Array.from({ length: 6 }, (_, i) => new Client(i))

  run(one: Action): void {
    if (one.do === 'advance') this.coordinator.advance(one.ms)
    else if (one.do === 'restart') {
      this.coordinator.restart()
      this.#history.restarted()
    } else this.#request(one.do, this.#clients[one.client] ?? new Client(0))
    for (const client of this.#clients) this.#takeIn(client)
    this.#check()
  }

  #request(what: Exclude<Action['do'], 'advance' | 'restart'>, client: Client): void {
    const { memberId, generationId, groupInstanceId } = client
    if (what === 'forgetAndJoin') client.memberId = ''
    if (what === 'forgetAndJoin' || what === 'join') client.joining = this.coordinator.join(client.joinOptions)
    if (what === 'heartbeat') this.coordinator.heartbeat({ memberId, generationId, groupInstanceId })
    if (what === 'leave') this.coordinator.leave({ memberId, ...(groupInstanceId === null ? {} : { groupInstanceId }) })
    if (what === 'commit')
      this.coordinator.commit({ memberId, generationIdOrMemberEpoch: generationId, groupInstanceId })
    if (what !== 'sync') return
    const assignment = utf8(`${generationId}:${++this.#assignmentCount}`)
    const assignments = client.members.map((id) => ({ memberId: id, assignment }))
    const request = { memberId, generationId, groupInstanceId, assignments: client.isLeader ? assignments : [] }
    client.syncing = this.coordinator.sync(request)
  }

  #takeIn(client: Client): void {
    if (client.joined() && client.isLeader) this.#history.sawLeader(client.generationId, client.memberId)
    const answer = client.syncing?.answer
    if (answer === undefined) return
    client.syncing = undefined
    this.#history.sawAssignment(client.generationId, client.memberId, answer)
  }

  /** What the log says is what the coordinator knows, wherever it promises to remember. */
  #check(): void {
    const described = this.coordinator.shard.describe('g')
    const replayed = this.coordinator.table().group('g')
    this.#history.sawLog(replayed.generationId)
    if (described.groupState === 'Empty') expect(replayed.memberIds).toEqual([])
    if (described.groupState !== 'Stable') return
    expect(replayed).toMatchObject({ protocol: described.protocolData, protocolType: described.protocolType })
    expect(replayed.members.map(({ memberId, assignment }) => ({ memberId, assignment }))).toEqual(
      described.members.map(({ memberId, memberAssignment: assignment }) => ({ memberId, assignment })),
    )
    expect(replayed.memberIds).toContain(replayed.leader)
  }
}

test('any schedule: one assignment per generation, the log says what is known, every request is answered', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80, size: 'max' }), (actions) => {
      const schedule = new Schedule()
      for (const one of actions) schedule.run(one)
      schedule.coordinator.advance(1_000_000)
      expect(schedule.coordinator.waitingCount).toBe(0)
      expect(schedule.coordinator.shard.describe('g').members).toEqual([])
    }),
    { numRuns: 400 },
  )
})
