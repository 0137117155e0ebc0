import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Offset, offset } from '../../src/base/brands.ts'
import { DiskError } from '../../src/base/errors.ts'
import { seededRandom } from '../../src/base/random.ts'
import type { BrokerLog } from '../../src/broker/broker-log.ts'
import type { GroupLog } from '../../src/broker/groups/group-log.ts'
import { GroupPartition, type GroupPartitionOptions } from '../../src/broker/groups/group-partition.ts'
import { groupCoordinatorDefaults } from '../../src/coordinator/group-coordinator-config.ts'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { joinGroupRequest } from '../../src/protocol/messages/join-group.ts'
import { offsetCommitRequest } from '../../src/protocol/messages/offset-commit.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'
import type { Offered } from '../../src/storage/batch-offer.ts'
import { committedBatch } from './support/group-batches.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A log in memory whose disk is as slow as the test wants, and may fail. */
class MemoryGroupLog implements GroupLog {
  readonly #batches: { readonly base: Offset; readonly next: Offset; readonly bytes: Uint8Array }[] = []
  readonly #unsynced: { readonly offered: Offered; readonly settle: (error?: unknown) => void }[] = []
  #end = offset(0)

  append(bytes: Uint8Array): Promise<Offered> {
    const offered = this.appendUnseen(bytes)
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown): void => (error === undefined ? resolve(offered) : reject(error))
      this.#unsynced.push({ offered, settle })
    })
  }

  /** As another process would. */
  appendUnseen(bytes: Uint8Array): Offered {
    const batch = new RecordBatch(bytes.slice())
    const base = this.#end
    const next = offset(base + BigInt(batch.recordCount))
    batch.assign(base, 0 as never)
    this.#batches.push({ base, next, bytes: batch.bytes })
    this.#end = next
    return { kind: 'appended', baseOffset: base, nextOffset: next }
  }

  /** The disk has done what it was asked to, or will never. */
  async sync(error?: unknown): Promise<void> {
    for (const { settle } of this.#unsynced.splice(0)) settle(error)
    await vi.advanceTimersByTimeAsync(0)
  }

  offsets(): ReturnType<GroupLog['offsets']> {
    return { logStartOffset: offset(0), lastStableOffset: this.#end, highWatermark: this.#end, logEndOffset: this.#end }
  }

  read({ fetchOffset }: Parameters<GroupLog['read']>[0]): Uint8Array {
    return this.#batches.find(({ base, next }) => base <= fetchOffset && fetchOffset < next)?.bytes ?? new Uint8Array(0)
  }
}

const silent: BrokerLog = { info: () => undefined, warn: () => undefined, error: () => undefined }

function open(log: MemoryGroupLog): GroupPartition {
  return new GroupPartition(optionsFor(log))
}

function optionsFor(log: MemoryGroupLog): GroupPartitionOptions {
  return {
    name: '__consumer_offsets-0',
    log: () => log,
    config: () => groupCoordinatorDefaults,
    clock: { now: () => Date.now() },
    random: seededRandom(3),
    elapsedMs: () => performance.now(),
    events: silent,
  }
}

function commit(partition: GroupPartition, position: number, groupId = 'g'): Promise<number | undefined> {
  const committed = {
    partitionIndex: 0,
    committedOffset: offset(position),
    committedLeaderEpoch: -1 as never,
    commitTimestamp: -1,
    committedMetadata: '',
  }
  const request = { ...offsetCommitRequest.initial(), groupId, topics: [{ name: 't', partitions: [committed] }] }
  return partition
    .run(groupId, (shard, step) => shard.offsetCommit(request, 9, step))
    .then(({ topics }) => topics[0]?.partitions[0]?.errorCode)
}

function positionIn(partition: GroupPartition): Promise<bigint | undefined> {
  const request = { groupId: 'g', memberId: null, memberEpoch: -1, topics: null }
  return partition
    .run('g', (shard) => shard.offsetFetch(request, true))
    .then(({ topics }) => topics[0]?.partitions[0]?.committedOffset)
}

function joinAs(partition: GroupPartition, memberId = ''): Promise<{ readonly memberId: string }> {
  const request = {
    ...joinGroupRequest.initial(),
    groupId: 'g',
    memberId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 20_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: new Uint8Array(0) }],
  }
  return partition.join({ request, apiVersion: 9, clientId: 'c', clientHost: '/::1' })
}

/** What a promise came to so far. */
function settled<T>(promise: Promise<T>): { value?: T; error?: { readonly code?: number } } {
  const end: { value?: T; error?: { readonly code?: number } } = {}
  promise.then(
    (value) => (end.value = value),
    (error: { readonly code?: number }) => (end.error = error),
  )
  return end
}

describe('an answer', () => {
  test('waits until what was appended is durable, and so does every later one', async () => {
    const log = new MemoryGroupLog()
    const partition = open(log)
    const committing = settled(commit(partition, 5))
    const fetching = settled(positionIn(partition))
    await vi.advanceTimersByTimeAsync(100)
    expect([committing, fetching]).toEqual([{}, {}])
    await log.sync()
    expect([committing, fetching]).toEqual([{ value: 0 }, { value: 5n }])
  })

  test('of a join comes when time is up', async () => {
    const partition = open(new MemoryGroupLog())
    const { memberId } = await joinAs(partition)
    const joining = settled(joinAs(partition, memberId))
    await vi.advanceTimersByTimeAsync(2999)
    expect(joining).toEqual({})
    await vi.advanceTimersByTimeAsync(1)
    expect(joining.value).toMatchObject({ errorCode: 0, generationId: 1, memberId })
  })
})

describe('an append that fails', () => {
  const broken = new DiskError('sync', '/log', Object.assign(new Error('no'), { code: 'EIO' }))

  test('sends everybody away who waits, for good: the disk is broken', async () => {
    const log = new MemoryGroupLog()
    const partition = open(log)
    const { memberId } = await joinAs(partition)
    const joining = settled(joinAs(partition, memberId))
    const committing = settled(commit(partition, 5, 'other'))
    const fetching = settled(positionIn(partition))
    await log.sync(broken)
    const codes = [joining, committing, fetching].map(({ error }) => error?.code)
    expect(codes).toEqual(Array(3).fill(ErrorCode.NOT_COORDINATOR))
    await expect(positionIn(partition)).rejects.toMatchObject({ code: ErrorCode.NOT_COORDINATOR })
  })

  test('to be read back is told once, however often it is tried', async () => {
    const told: string[] = []
    let isBroken = true
    const log = new MemoryGroupLog()
    const events: BrokerLog = { ...silent, error: (event) => told.push(event) }
    const readable = (): GroupLog => {
      if (isBroken) throw broken
      return log
    }
    const partition = new GroupPartition({ ...optionsFor(log), events, log: readable })
    for (let i = 0; i < 5; i++) {
      await expect(commit(partition, 1)).rejects.toMatchObject({ code: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS })
    }
    expect(told).toEqual(['groups cannot be read'])
    isBroken = false
    const committing = settled(commit(partition, 1))
    await log.sync()
    expect(committing.value).toBe(0)
  })

  test('on a full disk sends everybody away for a while: the groups are there again as they are in the log', async () => {
    const full = new DiskError('write', '/log', Object.assign(new Error('no'), { code: 'ENOSPC' }))
    const log = new MemoryGroupLog()
    const partition = open(log)
    const committing = settled(commit(partition, 5))
    await log.sync()
    expect(committing.value).toBe(0)
    const failing = settled(commit(partition, 6))
    await log.sync(full)
    expect(failing.error?.code).toBe(ErrorCode.NOT_COORDINATOR)
    await expect(commit(partition, 7)).rejects.toMatchObject({ code: ErrorCode.NOT_COORDINATOR })
    await vi.advanceTimersByTimeAsync(500)
    const again = settled(commit(partition, 8))
    await log.sync()
    expect(again.value).toBe(0)
  })

  test('for a passing reason has the groups read back from the log', async () => {
    const log = new MemoryGroupLog()
    const partition = open(log)
    const first = commit(partition, 5)
    await log.sync()
    expect(await first).toBe(0)
    const second = settled(commit(partition, 6))
    await log.sync(new Error('not now'))
    expect(second.error?.code).toBe(ErrorCode.NOT_COORDINATOR)
    // It is in this log all the same: what was not acknowledged may be there.
    expect(await positionIn(partition)).toBe(6n)
  })
})

describe('what another process appends', () => {
  test('is seen by the next request', async () => {
    const log = new MemoryGroupLog()
    const partition = open(log)
    log.appendUnseen(committedBatch('g', 1))
    expect(await positionIn(partition)).toBe(1n)
    log.appendUnseen(committedBatch('g', 2))
    expect(await positionIn(partition)).toBe(2n)
  })

  test('between our appends is seen once these are durable', async () => {
    const log = new MemoryGroupLog()
    const partition = open(log)
    const other = commit(partition, 1)
    log.appendUnseen(committedBatch('h', 9))
    const own = commit(partition, 2)
    await log.sync()
    expect(await Promise.all([other, own])).toEqual([0, 0])
    const groups = await partition.run('', (shard) => shard.list({ statesFilter: [], typesFilter: [] }))
    expect(groups.map(({ groupId }) => groupId)).toEqual(['g', 'h'])
  })
})

test('a log that cannot be opened has clients come again, and harms nothing else', async () => {
  const partition = new GroupPartition({
    ...optionsFor(new MemoryGroupLog()),
    log: () => {
      throw new Error('kept elsewhere')
    },
  })
  partition.load()
  await expect(positionIn(partition)).rejects.toMatchObject({ code: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS })
})

test('closing sends those away who wait', async () => {
  const partition = open(new MemoryGroupLog())
  const { memberId } = await joinAs(partition)
  const joining = settled(joinAs(partition, memberId))
  partition.close()
  await vi.advanceTimersByTimeAsync(0)
  expect(joining.error?.code).toBe(ErrorCode.NOT_COORDINATOR)
})

test('a broken step costs its request, and the groups are read back', async () => {
  const partition = open(new MemoryGroupLog())
  const breaking = partition.run('g', () => {
    throw new Error('a bug')
  })
  await expect(breaking).rejects.toMatchObject({ code: ErrorCode.COORDINATOR_NOT_AVAILABLE })
  expect(await positionIn(partition)).toBeUndefined()
})
