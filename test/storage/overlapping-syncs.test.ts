import { describe, expect, test } from 'vitest'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { readOffsetCheckpoint } from '../../src/storage/offset-checkpoints.ts'
import type { PartitionLog } from '../../src/storage/partition-log.ts'
import { batch } from '../support/batches.ts'
import { expected, logDirectory, PartitionScene, segmentPath } from './partition-scene.ts'

/** A disk that comes to each `syncSoon` when the test says so, and fails it if the test says so. */
class SlowDisk {
  readonly scene: PartitionScene
  readonly #begun: (() => void)[] = []
  /** Paths of files synced by a call that blocks. */
  readonly blocking: string[] = []
  #isFailing = false
  #isReleasing = false

  constructor(changes: ConstructorParameters<typeof PartitionScene>[0] = {}) {
    const comesToSync = (): Promise<void> => new Promise((resolve) => void this.#begun.push(resolve))
    this.scene = new PartitionScene(changes, new MemoryFileSystem({ comesToSync }))
    this.scene.fileSystem.failOn(({ name, path }) => {
      if (name !== 'sync' || !path.endsWith('.log')) return undefined
      if (!this.#isReleasing) this.blocking.push(path)
      return this.#isReleasing && this.#isFailing ? { code: 'EIO' } : undefined
    })
  }

  get underWay(): number {
    return this.#begun.length
  }

  /** The disk comes to the sync that began as the `at`-th. */
  async release(at: number, isFailing: boolean): Promise<void> {
    this.#isFailing = isFailing
    this.#isReleasing = true
    this.#begun[at]?.()
    await Promise.resolve()
    await Promise.resolve()
    this.#isReleasing = false
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** What a commit came to: the end of what is durable, or why not. */
function outcomeOf(commit: Promise<bigint>): Promise<bigint | string> {
  return commit.catch((error: unknown) => (error instanceof Error ? error.name : 'unknown'))
}

function append(log: PartitionLog, value: string): void {
  log.append(batch({ values: [value] }), 'commit')
}

describe.each([
  { fails: [true, false], order: [0, 1], acknowledged: 1n },
  { fails: [true, false], order: [1, 0], acknowledged: 1n },
  { fails: [false, true], order: [0, 1], acknowledged: 2n },
  { fails: [false, true], order: [1, 0], acknowledged: 1n },
  { fails: [true, true], order: [0, 1], acknowledged: 1n },
  { fails: [true, true], order: [1, 0], acknowledged: 1n },
  { fails: [false, false], order: [1, 0], acknowledged: 3n },
])('of two syncs at once, failing $fails, done in the order $order', ({ fails, order, acknowledged }) => {
  test('each acknowledges only what the disk has, and none behind a failure does', async () => {
    const disk = new SlowDisk()
    const { scene } = disk
    scene.open('first').append(batch({ values: ['before'] }), 'now')
    const log = scene.open('log')
    append(log, 'one')
    const ends = [outcomeOf(log.commit())]
    append(log, 'two')
    ends.push(outcomeOf(log.commit()))
    expect(disk.underWay).toBe(2)
    for (const at of order) await disk.release(at, fails[at] === true)

    const outcomes = await Promise.all(ends)
    const told = outcomes.filter((one) => typeof one === 'bigint')
    expect(told.reduce((max, one) => (one > max ? one : max), 1n)).toBe(acknowledged)
    expect(outcomes.findLastIndex((one) => typeof one === 'bigint')).toBe(told.length - 1)
    expect(scene.read().nextOffset).toBe(acknowledged)
    if (fails.includes(true)) expect(() => append(log, 'never')).toThrow('EIO')
    scene.powerCut()
    expect(scene.logEndOffset()).toBeGreaterThanOrEqual(acknowledged)
    const all = expected(['before', 'one', 'two'])
    expect(scene.read().records.slice(0, Number(acknowledged))).toEqual(all.slice(0, Number(acknowledged)))
  })

  test('the next writer begins with what the disk has', async () => {
    const disk = new SlowDisk()
    const { scene } = disk
    const log = scene.open('log')
    append(log, 'one')
    const ends = [outcomeOf(log.commit())]
    append(log, 'two')
    ends.push(outcomeOf(log.commit()))
    for (const at of order) await disk.release(at, fails[at] === true)
    await Promise.all(ends)
    scene.open('next').append(batch({ values: ['after'] }), 'now')
    const seen = scene.read()
    scene.powerCut()
    expect(scene.logEndOffset()).toBe(3n)
    expect(scene.read()).toEqual(seen)
  })
})

describe('a segment that a roll leaves behind while a sync of it is under way', () => {
  const small = { segmentBytes: 100 }
  const point = ({ scene }: SlowDisk): bigint | undefined =>
    readOffsetCheckpoint(scene.fileSystem, logDirectory, 'recovery-point-offset-checkpoint').offsets.get('t-0')

  test.each([
    { isFailing: false, outcomes: [1n, 3n], marked: 2n },
    { isFailing: true, outcomes: ['DiskError', 'DiskError'], marked: undefined },
  ])('is called durable only after that one: failing $isFailing', async ({ isFailing, outcomes, marked }) => {
    const disk = new SlowDisk(small)
    const log = disk.scene.open('log')
    append(log, 'one')
    const first = outcomeOf(log.commit())
    // Two rolls: one leaves the segment behind, at the other one it would be synced.
    append(log, 'x'.repeat(60))
    append(log, 'x'.repeat(60))
    const second = outcomeOf(log.commit())
    expect(disk.underWay).toBe(2)
    await disk.release(1, false)
    expect(disk.blocking).not.toContain(segmentPath(0))
    expect(point(disk)).toBeUndefined()
    await disk.release(0, isFailing)
    expect(await Promise.all([first, second])).toEqual(outcomes)
    expect(point(disk)).toBe(marked)
    disk.scene.close()
    expect(disk.scene.fileSystem.openFileCount).toBe(0)
  })
})

test('a sync that fails after its log was closed is told to whoever writes next', async () => {
  const disk = new SlowDisk()
  const { scene } = disk
  const log = scene.open('log')
  append(log, 'one')
  const end = outcomeOf(log.commit())
  log.close()
  await disk.release(0, true)
  expect(await end).toBe('DiskError')
  expect(scene.fileSystem.openFileCount).toBe(0)
  scene.open('next').append(batch({ values: ['after'] }), 'now')
  const seen = scene.read()
  scene.powerCut()
  expect(scene.read()).toEqual(seen)
  expect(scene.logEndOffset()).toBe(2n)
})
