import { NO_LEADER_EPOCH, offset } from '../../../src/base/brands.ts'
import { ErrorCode } from '../../../src/protocol/error-codes.ts'
import { heartbeatApi } from '../../../src/protocol/messages/heartbeat.ts'
import { type JoinGroupResponse, joinGroupApi, joinGroupRequest } from '../../../src/protocol/messages/join-group.ts'
import { leaveGroupApi } from '../../../src/protocol/messages/leave-group.ts'
import { offsetCommitApi, offsetCommitRequest } from '../../../src/protocol/messages/offset-commit.ts'
import { offsetFetchApi, offsetFetchRequest } from '../../../src/protocol/messages/offset-fetch.ts'
import { syncGroupApi } from '../../../src/protocol/messages/sync-group.ts'
import type { TestClient } from '../test-client.ts'

/** What all members of the storm write down together. */
export class StormLedger {
  readonly partitionCount = 6
  /** The highest position that was acknowledged, per partition. */
  readonly acknowledged = new Map<number, number>()
  /** The positions that some member has worked on, per partition. */
  readonly processed = Array.from({ length: this.partitionCount }, () => new Set<number>())
  readonly complaints: string[] = []
  commits = 0

  /** A position that a member starts from must not be before one that was acknowledged when it began to ask. */
  fetched(partition: number, position: number, floor: number): void {
    if (position < floor) this.complaints.push(`partition ${partition}: at ${position} after ${floor} was acknowledged`)
  }

  committed(partition: number, position: number): void {
    this.commits += 1
    this.acknowledged.set(partition, Math.max(this.floor(partition), position))
  }

  floor(partition: number): number {
    return this.acknowledged.get(partition) ?? 0
  }
}

const groupId = 'storm'

/** A consumer without records: it takes the next positions of its partitions, and commits them. */
export class StormMember {
  readonly #client: TestClient
  readonly #ledger: StormLedger
  #memberId = ''

  constructor(client: TestClient, ledger: StormLedger) {
    this.#client = client
    this.#ledger = ledger
  }

  /**
   * One life in the group: joins, works for so many rounds or until it is sent back. Before its last commit it may sleep for
   * so long that the others go on without it. Rejects when the connection ends.
   */
  async live(rounds: number, sleepMs: number): Promise<void> {
    const joined = await this.#join()
    if (joined.errorCode !== ErrorCode.NONE) return
    const { errorCode, assignment } = await this.#sync(joined)
    if (errorCode !== ErrorCode.NONE) return
    const positions = await this.#positions([...assignment])
    if (positions === undefined) return
    for (let round = 0; round < rounds; round++) {
      for (const [partition, position] of positions) {
        this.#ledger.processed[partition]?.add(position)
        if (round === rounds - 1 && sleepMs > 0) await new Promise((resolve) => setTimeout(resolve, sleepMs))
        if (!(await this.#commit(joined.generationId, partition, position + 1))) return
        positions.set(partition, position + 1)
      }
      if ((await this.#heartbeat(joined.generationId)) !== ErrorCode.NONE) return
    }
  }

  async leave(): Promise<void> {
    const members = [{ memberId: this.#memberId, groupInstanceId: null, reason: null }]
    await this.#client.send(leaveGroupApi, 4, { groupId, memberId: '', members })
    this.#memberId = ''
  }

  async #join(): Promise<JoinGroupResponse> {
    const joined = await this.#client.send(joinGroupApi, 7, {
      ...joinGroupRequest.initial(),
      groupId,
      memberId: this.#memberId,
      sessionTimeoutMs: 6000,
      rebalanceTimeoutMs: 100,
      protocolType: 'storm',
      protocols: [{ name: 'any', metadata: new Uint8Array(0) }],
    })
    const isUnknown = joined.errorCode === ErrorCode.UNKNOWN_MEMBER_ID
    this.#memberId = isUnknown ? '' : joined.memberId || this.#memberId
    return joined.errorCode === ErrorCode.MEMBER_ID_REQUIRED ? this.#join() : joined
  }

  #sync({ generationId, members }: JoinGroupResponse) {
    const partitions = Array.from({ length: this.#ledger.partitionCount }, (_, partition) => partition)
    const assignments = members.map(({ memberId }, i) => ({
      memberId,
      assignment: Uint8Array.from(partitions.filter((partition) => partition % members.length === i)),
    }))
    const own = { groupId, generationId, memberId: this.#memberId, groupInstanceId: null }
    return this.#client.send(syncGroupApi, 4, { ...own, protocolType: null, protocolName: null, assignments })
  }

  async #positions(partitions: readonly number[]): Promise<Map<number, number> | undefined> {
    const floors = new Map(partitions.map((partition) => [partition, this.#ledger.floor(partition)]))
    const topics = [{ name: 't', partitionIndexes: partitions }]
    const fetched = await this.#client.send(offsetFetchApi, 7, { ...offsetFetchRequest.initial(), groupId, topics })
    if (fetched.errorCode !== ErrorCode.NONE) return undefined
    const all = fetched.topics[0]?.partitions ?? []
    for (const { partitionIndex, committedOffset } of all) {
      this.#ledger.fetched(partitionIndex, Math.max(Number(committedOffset), 0), floors.get(partitionIndex) ?? 0)
    }
    return new Map(all.map((one) => [one.partitionIndex, Math.max(Number(one.committedOffset), 0)]))
  }

  async #commit(generationId: number, partition: number, position: number): Promise<boolean> {
    const committed = {
      partitionIndex: partition,
      committedOffset: offset(position),
      committedLeaderEpoch: NO_LEADER_EPOCH,
      commitTimestamp: -1,
      committedMetadata: '',
    }
    const { topics } = await this.#client.send(offsetCommitApi, 7, {
      ...offsetCommitRequest.initial(),
      groupId,
      generationIdOrMemberEpoch: generationId,
      memberId: this.#memberId,
      topics: [{ name: 't', partitions: [committed] }],
    })
    if (topics[0]?.partitions[0]?.errorCode !== ErrorCode.NONE) return false
    this.#ledger.committed(partition, position)
    return true
  }

  async #heartbeat(generationId: number): Promise<number> {
    const beat = { groupId, generationId, memberId: this.#memberId, groupInstanceId: null }
    return (await this.#client.send(heartbeatApi, 3, beat)).errorCode
  }
}
