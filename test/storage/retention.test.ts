import { describe, expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { DiskError, NotFoundError } from '../../src/base/errors.ts'
import { seededRandom } from '../../src/base/random.ts'
import type { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { plainBatchWindow } from '../../src/record/batch-window.ts'
import { closeCleanly } from '../../src/storage/clean-close.ts'
import { LogDirectory } from '../../src/storage/log-directory.ts'
import { PartitionReader } from '../../src/storage/partition-reader.ts'
import { RetentionPlanner } from '../../src/storage/retention.ts'
import { applyRetention } from '../../src/storage/retention-run.ts'
import { batch, T0 } from '../support/batches.ts'
import { readBytes, recordsOf } from './partition-scene.ts'
import { aged, day, partition, RetentionScene } from './retention-scene.ts'

describe('retention', () => {
  test('drops what is too old, moves the log start offset, and the log goes on', async () => {
    const scene = aged()
    const applied = await scene.retain()
    expect([applied.deletedSegments, applied.isRolled, applied.failure]).toEqual([2, false, undefined])
    expect(scene.names('.log')).toEqual(['04.log', '06.log'])
    expect(scene.names('.log.deleted')).toEqual(['00.log.deleted', '02.log.deleted'])
    expect(scene.records()).toEqual(['4', '5', '6'])
    scene.append(5600)
    expect(scene.records()).toEqual(['4', '5', '6', '7'])
  })

  test('seals the active segment when that goes as well, and no offset is given twice', async () => {
    const scene = aged()
    scene.now = T0 + day
    expect(await scene.retain()).toMatchObject({ deletedSegments: 4, isRolled: true })
    expect(scene.names('.log')).toEqual(['07.log'])
    expect(scene.records()).toEqual([])
    scene.append(day)
    expect(scene.records()).toEqual(['7'])
    expect(await scene.retain()).toMatchObject({ deletedSegments: 0, isRolled: false })
  })

  test('seals an active segment that is older than segment.ms, so that what comes next does not keep it', async () => {
    const scene = new RetentionScene({ 'retention.ms': '10000', 'segment.ms': '1000' })
    scene.append(0)
    scene.now = T0 + 5000
    expect(await scene.retain()).toMatchObject({ deletedSegments: 0, isRolled: true })
    expect(await scene.retain()).toMatchObject({ isRolled: false })
    scene.append(9000)
    scene.now = T0 + 10_500
    expect(await scene.retain()).toMatchObject({ deletedSegments: 1 })
    expect(scene.records()).toEqual(['1'])
  })

  test('has the log start offset on the disk before the first file goes, and files go from the oldest on', async () => {
    const scene = aged()
    const renamed: string[] = []
    scene.fileSystem.beforeOperation(({ name, path }) => {
      if (name !== 'rename' || !path.startsWith('/log/t-0/')) return
      if (renamed.length === 0) {
        expect(readCheckpoint(scene)).toContain('t 0 4')
        expect(scene.fileSystem.hasUnsynced('/log')).toBe(false)
      }
      renamed.push(path.slice(-9))
    })
    await scene.retain()
    expect(renamed.filter((name) => name.endsWith('.log'))).toEqual(['00000.log', '00002.log'])
  })

  test.each([
    ['a clock a year behind', -365 * day],
    ['a clock that stands still', 0],
  ])('deletes nothing early under %s', async (_, shift) => {
    const scene = new RetentionScene({ 'retention.ms': String(day) })
    scene.append(0, 1, 2, 3, 4)
    scene.now = T0 + shift
    expect((await scene.retain()).deletedSegments).toBe(0)
    expect(scene.records()).toHaveLength(5)
  })

  test('keeps what a compacted topic has, but not what lies below its log start offset', async () => {
    const scene = aged({ 'cleanup.policy': 'compact' })
    expect((await scene.retain()).deletedSegments).toBe(0)
    // As after a trim that was killed before it came to the files.
    scene.use((directory) => directory.openLog(partition).advanceLogStart(offset(3)))
    expect((await scene.retain()).deletedSegments).toBe(1)
    expect(scene.records()).toEqual(['3', '4', '5', '6'])
  })

  test('applies to topics that are compacted and deleted from', async () => {
    const scene = aged({ 'cleanup.policy': 'compact,delete' })
    expect((await scene.retain()).deletedSegments).toBe(2)
  })

  test("leaves Kafka's own topics to compaction, whatever the defaults say", async () => {
    const scene = aged()
    scene.use((directory) => {
      directory.createTopic({ name: '__consumer_offsets', partitionCount: 1, configs: new Map() })
      directory
        .openLog({ topic: '__consumer_offsets', partition: 0 })
        .append(batch({ values: ['x'], timestamp: 1 }), 'now')
    })
    scene.now = T0 + 365 * day
    expect((await scene.retain('main', '__consumer_offsets')).deletedSegments).toBe(0)
  })

  test('believes the log, not a time index that makes young records old', async () => {
    const scene = aged()
    const path = '/log/t-0/00000000000000000004.timeindex'
    const file = scene.fileSystem.open(path, 'write')
    file.truncate(0)
    // Timestamp T0 for the last record: what a flipped bit could make of it.
    const entry = new DataView(new ArrayBuffer(12))
    entry.setBigInt64(0, BigInt(T0))
    entry.setInt32(8, 1)
    file.write(new Uint8Array(entry.buffer), 0)
    file.close()
    const applied = await scene.retain()
    expect(applied.deletedSegments).toBe(2)
    expect(scene.warnings).toEqual(['t:0: segment 4 stays: its time index makes it older than its records are'])
    expect(scene.records()).toEqual(['4', '5', '6'])
  })

  test('does not take records that were appended after the plan was made', async () => {
    const scene = aged()
    scene.now = T0 + day
    const options = scene.options()
    const directory = LogDirectory.openToWrite(options)
    const planned = new RetentionPlanner(directory, options).plan(directory.topic('t'), 0)
    expect(planned.plan).toMatchObject({ roll: 'deletion', logStartOffset: 7n })
    scene.append(day)
    const [applied] = await applyRetention(directory, [planned], options)
    directory.close()
    expect(applied).toMatchObject({ isRolled: false, failure: undefined })
    expect(scene.records().at(-1)).toBe('7')
    expect(scene.names('.log')).toEqual(['06.log'])
  })

  test('a segment that others remove between two looks is planned without', () => {
    const scene = aged()
    const options = scene.options('one')
    const directory = LogDirectory.openToWrite(options)
    // Gone after the listing, before its time index and log are opened.
    const stop = scene.fileSystem.failOn(({ name, path }) => {
      if (name !== 'open' || !path.endsWith('00000000000000000000.timeindex')) return undefined
      stop()
      for (const part of ['log', 'index', 'timeindex']) scene.fileSystem.remove(`/log/t-0/00000000000000000000.${part}`)
      return { code: 'ENOENT' }
    })
    const { plan } = new RetentionPlanner(directory, options).plan(directory.topic('t'), 0)
    directory.close()
    expect(plan.deletions.map(({ segment }) => segment.baseOffset)).toEqual([2n])
  })

  test('of two processes that apply the same plan, the second finds it done', async () => {
    const scene = aged()
    const options = scene.options('one')
    const directory = LogDirectory.openToWrite(options)
    const planned = new RetentionPlanner(directory, options).plan(directory.topic('t'), 0)
    await scene.retain('other')
    const [applied] = await applyRetention(directory, [planned], options)
    expect(applied).toMatchObject({ deletedSegments: 0, failure: undefined })
    expect(scene.records()).toEqual(['4', '5', '6'])
  })
})

describe('dropped files', () => {
  test('removes the files once file.delete.delay.ms has gone by, whoever comes then', async () => {
    const scene = aged()
    await scene.retain()
    scene.now += 59_000
    await scene.retain('another')
    expect(scene.names('02.log.deleted')).toHaveLength(1)
    scene.now += 2000
    await scene.retain('a third')
    expect(scene.names('02.log.deleted')).toEqual([])
  })

  test.each([
    ['a delay of 0', { 'file.delete.delay.ms': '0' }, 2 ** 40],
    ['a disk without room for another segment', {}, 5000],
  ])('removes the files at once with %s', async (_, configs, capacityBytes) => {
    const scene = new RetentionScene({ 'retention.ms': '1000', 'segment.bytes': '170', ...configs }, capacityBytes)
    scene.append(0, 1, 2, 3, 5000)
    scene.now = T0 + 5500
    if (capacityBytes < 2 ** 40) fill(scene.fileSystem, 100)
    await scene.retain()
    expect([scene.names('.deleted'), scene.names('.log')]).toEqual([[], ['04.log']])
  })

  test('a trim removes them first where no byte is left for the checkpoint', () => {
    const scene = new RetentionScene({}, 5000)
    scene.append(0, 1, 2, 3, 4)
    fill(scene.fileSystem, 0)
    expect(scene.use((directory) => directory.trim(partition, offset(3n)))).toBe(3n)
    expect(scene.names('.log')).toEqual(['02.log', '04.log'])
    expect(readCheckpoint(scene)).toBe('0\n1\nt 0 3\n')
    expect(scene.records()).toEqual(['3', '4'])
  })

  test('a trim that frees nothing says that the disk is full, and is done again later', () => {
    const scene = new RetentionScene({}, 5000)
    scene.append(0, 1, 2)
    fill(scene.fileSystem, 0)
    const trim = () => scene.use((directory) => directory.trim(partition, offset(1n)))
    expect(trim).toThrow(/no space left/)
    scene.fileSystem.remove('/ballast')
    expect(trim()).toBe(1n)
    expect(readCheckpoint(scene)).toBe('0\n1\nt 0 1\n')
  })

  test('a clock that was set back does not keep the files for ever', async () => {
    const scene = aged()
    await scene.retain()
    scene.now -= 365 * day
    await scene.retain()
    expect(scene.names('.deleted')).toEqual([])
  })

  test('nothing waits to be removed once the directory is closed for Kafka', async () => {
    const scene = aged()
    await scene.retain()
    await closeCleanly(scene.options())
    expect(scene.names('.deleted')).toEqual([])
  })
})

describe('a reader that has a segment open', () => {
  test('goes on at the log start offset, and is told what it missed', async () => {
    const scene = aged()
    const reader = new PartitionReader({ fileSystem: scene.fileSystem, directory: '/log/t-0' })
    const window = plainBatchWindow(100)
    expect(reader.read(window).kind).toBe('batches')
    await scene.retain()
    const seen: bigint[] = []
    let missed: bigint | undefined
    for (let read = reader.read(window); read.kind !== 'end'; read = reader.read(window)) {
      if (read.kind === 'trimmed') missed = read.logStartOffset
      if (read.kind === 'batches') seen.push(...recordsOf(window.bytes.subarray(0, read.end)).map(({ at }) => at))
    }
    reader.close()
    expect(seen.at(-1)).toBe(6n)
    expect(seen).toEqual(seen.toSorted((a, b) => Number(a - b)))
    if (missed !== undefined) expect(missed).toBe(4n)
    expect(seen.filter((at) => at >= 4n)).toEqual([4n, 5n, 6n])
  })
})

describe('a failure', () => {
  test('to rename a file stops at that segment; appends go on, and the next run does the rest', async () => {
    const scene = aged()
    const mend = scene.fileSystem.failOn(({ name, path }) =>
      name === 'rename' && path.includes('00000000000000000002.') ? { code: 'EACCES' } : undefined,
    )
    const applied = await scene.retain()
    expect(applied.deletedSegments).toBe(1)
    expect(applied.failure).toBeInstanceOf(DiskError)
    expect(scene.names('.log')).toEqual(['02.log', '04.log', '06.log'])
    scene.append(5600)
    expect(scene.records()).toEqual(['4', '5', '6', '7'])
    mend()
    expect(await scene.retain()).toMatchObject({ deletedSegments: 1, failure: undefined })
    expect(scene.names('.log')).toEqual(['04.log', '06.log'])
  })

  test('to write the checkpoint for want of space removes files at once, and then there is room for it', async () => {
    const scene = aged()
    let isFull = true
    scene.fileSystem.failOn(({ name, path }) => {
      if (name === 'remove' && path.endsWith('.log')) isFull = false
      return isFull && name === 'write' && path.includes('log-start') ? { code: 'ENOSPC' } : undefined
    })
    expect(await scene.retain()).toMatchObject({ deletedSegments: 2, failure: undefined })
    expect([scene.names('.deleted'), scene.warnings]).toEqual([[], []])
    expect(readCheckpoint(scene)).toContain('t 0 4')
  })

  test('to write it at all is said, and the log is whole', async () => {
    const scene = aged()
    scene.fileSystem.failOn(({ name, path }) =>
      name === 'write' && path.includes('log-start') ? { code: 'ENOSPC' } : undefined,
    )
    expect(await scene.retain()).toMatchObject({ deletedSegments: 2, failure: undefined })
    expect(scene.warnings).toEqual([expect.stringContaining('no space was left')])
    expect(scene.records()).toEqual(['4', '5', '6'])
  })

  test.each(['EIO', 'EACCES'])('to write it for another reason (%s) keeps every file', async (code) => {
    const scene = aged()
    scene.fileSystem.failOn(({ name, path }) => (name === 'write' && path.includes('log-start') ? { code } : undefined))
    await expect(scene.retain()).rejects.toThrow(DiskError)
    expect(scene.names('.log')).toEqual(['00.log', '02.log', '04.log', '06.log'])
  })

  test('of one partition is its own: the topic was deleted meanwhile', async () => {
    const scene = aged()
    const options = scene.options('one')
    const directory = LogDirectory.openToWrite(options)
    const planned = new RetentionPlanner(directory, options).plan(directory.topic('t'), 0)
    scene.use((other) => other.deleteTopic('t'))
    const [applied] = await applyRetention(directory, [planned], options)
    expect(applied?.failure).toBeInstanceOf(NotFoundError)
  })
})

type End = (scene: RetentionScene) => void
const ends: [string, End][] = [
  ['a kill', () => undefined],
  [
    'a power cut that loses all that was not synced',
    (scene) => scene.fileSystem.crash({ personality: 'lose-unsynced' }),
  ],
  [
    'a power cut that keeps any part of it',
    (scene) => scene.fileSystem.crash({ personality: 'posix-adversary', random: seededRandom(7) }),
  ],
]

describe.each(ends)('after %s at any operation', (_, end) => {
  test('the log has no hole, nothing young is gone, and the next run ends where this one would have', async () => {
    let crashes = 0
    for (let at = 0; ; at++) {
      const scene = aged()
      let left = at
      const stop = scene.fileSystem.beforeOperation(({ process }) => {
        if (process === 'doomed' && left-- === 0) scene.fileSystem.kill('doomed')
      })
      const isDone = await scene.retain('doomed').then(
        () => true,
        () => false,
      )
      stop()
      end(scene)
      if (isDone) break
      crashes++
      const found = scene.records().map(Number)
      expect(found.slice(-3)).toEqual([4, 5, 6])
      expect(found).toEqual(found.map((__, i) => 7 - found.length + i))
      await scene.retain()
      expect(scene.names('.log')).toEqual(['04.log', '06.log'])
      scene.append(5600)
      expect(scene.records()).toEqual(['4', '5', '6', '7'])
    }
    expect(crashes).toBeGreaterThan(20)
  })

  test('once the run is over, what is gone stays gone', async () => {
    const scene = aged()
    await scene.retain('doomed')
    scene.fileSystem.kill('doomed')
    end(scene)
    expect(scene.records()).toEqual(['4', '5', '6'])
  })
})

function fill(fileSystem: MemoryFileSystem, leaveBytes: number): void {
  const file = fileSystem.open('/ballast', 'create')
  file.write(new Uint8Array(Math.max(0, fileSystem.space('/').freeBytes - leaveBytes)), 0)
  file.close()
}

function readCheckpoint({ fileSystem }: RetentionScene): string {
  return new TextDecoder().decode(readBytes(fileSystem, '/log/log-start-offset-checkpoint'))
}
