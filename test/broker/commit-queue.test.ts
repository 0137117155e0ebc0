import { describe, expect, test } from 'vitest'
import { type Offset, offset } from '../../src/base/brands.ts'
import { LockedError, NotFoundError } from '../../src/base/errors.ts'
import { AppendHealth } from '../../src/broker/append-health.ts'
import { CommitQueue, type CommitQueueOptions } from '../../src/broker/commit-queue.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { numbered } from '../support/batches.ts'
import { clientBatch } from './requests.ts'
import { PartitionScene } from '../storage/partition-scene.ts'

/** What no test here looks at. */
function unused(): Omit<CommitQueueOptions, 'log' | 'flushPolicy'> {
  return {
    logStartOffset: () => offset(0),
    onAppended: () => undefined,
    onVisible: () => undefined,
    onCommit: () => undefined,
    elapsedMs: () => 0,
    health: new AppendHealth({ freeBytes: () => 0, elapsedMs: () => 0, onChange: () => undefined }),
    reopenLog: () => offset(0),
  }
}

test('what is appended and waits for its sync is refused when the log is gone by then', async () => {
  const scene = new PartitionScene()
  const log = scene.open()
  const gone = new NotFoundError('the topic was deleted')
  let isGone = false
  const queue = new CommitQueue({
    log: () => {
      if (isGone) throw gone
      return log
    },
    flushPolicy: 'sync',
    ...unused(),
  })
  // Another process has the partition when the sync is done, and has removed it when that is tried again.
  log.commit = () => {
    isGone = true
    return Promise.reject(new LockedError('held'))
  }
  const outcome = await new Promise((resolve) => {
    queue.append(clientBatch(numbered(3)), { appended: resolve, failed: resolve })
  })
  expect(outcome).toBe(gone)
  expect(queue.isIdle).toBe(true)
})

test.each([
  { flushPolicy: 'os', atOnce: ['large'] },
  { flushPolicy: 'sync', atOnce: [] },
] as const)('a large batch waits for no others where no sync is paid for: $flushPolicy', async (row) => {
  const log = new PartitionScene().open()
  const told: string[] = []
  const queue = new CommitQueue({
    log: () => log,
    flushPolicy: row.flushPolicy,
    ...unused(),
  })
  const append = (name: string, bytes: number): void => {
    const note = (): void => void told.push(name)
    queue.append(clientBatch(['x'.repeat(bytes)]), { appended: note, failed: note })
  }
  append('large', 300_000)
  expect(told).toEqual(row.atOnce)
  append('small 1', 1)
  append('small 2', 1)
  append('large behind', 300_000)
  expect(told).toEqual(row.atOnce)
  await expect.poll(() => told).toEqual(['large', 'small 1', 'small 2', 'large behind'])
  expect(queue.isIdle).toBe(true)
})

test('beside a sync that takes long the next one begins, and what came meanwhile shares it', async () => {
  const log = new PartitionScene().open()
  const commits: ((visibleEnd: Offset) => void)[] = []
  log.commit = () => new Promise((resolve) => void commits.push(resolve))
  let nowMs = 0
  const queue = new CommitQueue({ ...unused(), log: () => log, flushPolicy: 'sync', elapsedMs: () => nowMs })
  const answered: number[] = []
  const append = (at: number): void =>
    queue.append(clientBatch(numbered(1)), { appended: () => answered.push(at), failed: () => answered.push(-1) })
  append(0)
  await expect.poll(() => commits.length).toBe(1)
  append(1)
  append(2)
  nowMs = 10
  await expect.poll(() => commits.length).toBe(2)
  append(3)
  commits[0]?.(offset(1))
  await expect.poll(() => answered).toEqual([0])
  commits[1]?.(offset(3))
  await expect.poll(() => answered).toEqual([0, 1, 2])
  nowMs = 20
  await expect.poll(() => commits.length).toBe(3)
  commits[2]?.(offset(4))
  await expect.poll(() => answered).toEqual([0, 1, 2, 3])
  expect(queue.isIdle).toBe(true)
})

describe.each([
  { fails: [true, false], order: [0, 1], said: ['EIO', 'EIO', 'EIO'] },
  { fails: [true, false], order: [1, 0], said: ['EIO', 'EIO', 'EIO'] },
  { fails: [false, true], order: [0, 1], said: ['done', 'EIO', 'EIO'] },
  { fails: [false, true], order: [1, 0], said: ['EIO', 'EIO', 'EIO'] },
  { fails: [true, true], order: [1, 0], said: ['EIO', 'EIO', 'EIO'] },
  { fails: [false, false], order: [1, 0], said: ['done', 'done', 'done'] },
])('of two syncs at once, failing $fails, done in the order $order', ({ fails, order, said }) => {
  test(`batches are answered ${said.join(', ')}; what came meanwhile shares their fate`, async () => {
    const begun: (() => void)[] = []
    const comesToSync = (): Promise<void> => new Promise((resolve) => void begun.push(resolve))
    let isFailing = false
    const scene = new PartitionScene({}, new MemoryFileSystem({ comesToSync }))
    scene.fileSystem.failOn(({ name }) => (name === 'sync' && isFailing ? { code: 'EIO' } : undefined))
    const log = scene.open()
    let nowMs = 0
    const queue = new CommitQueue({ ...unused(), log: () => log, flushPolicy: 'sync', elapsedMs: () => nowMs })
    const told: string[] = []
    const append = (name: string): void => {
      const listener = { appended: () => void told.push(`${name} done`), failed: () => void told.push(`${name} EIO`) }
      queue.append(clientBatch([name]), listener)
    }
    append('0')
    await expect.poll(() => begun.length).toBe(1)
    nowMs = 10
    append('1')
    await expect.poll(() => begun.length).toBe(2)
    append('2')
    await expect.poll(() => log.offsets().logEndOffset).toBe(3n)
    for (const at of order) {
      isFailing = fails[at] === true
      begun[at]?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
    isFailing = false
    nowMs = 20
    await expect.poll(() => (begun[2]?.(), told.length)).toBe(3)
    expect(told).toEqual(said.map((what, at) => `${at} ${what}`))
    expect(scene.read().nextOffset).toBe(BigInt(said.filter((what) => what === 'done').length))
    await expect.poll(() => queue.isIdle).toBe(true)
    nowMs = 30
    append('3')
    await expect.poll(() => (begun[3]?.(), told.length)).toBe(4)
    expect(told[3]).toBe(`3 ${said[2]}`)
  })
})
