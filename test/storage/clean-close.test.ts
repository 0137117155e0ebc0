import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { offset, producerId } from '../../src/base/brands.ts'
import { DiskError, LockedError, NotFoundError, RefusedError } from '../../src/base/errors.ts'
import { seededRandom, systemRandom } from '../../src/base/random.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { RecordBatchBuilder } from '../../src/record/record-batch-builder.ts'
import { closeCleanly } from '../../src/storage/clean-close.ts'
import { hasCleanShutdownMarker } from '../../src/storage/clean-shutdown-marker.ts'
import { LogDirectory, type LogDirectoryOptions } from '../../src/storage/log-directory.ts'
import { decodeProducerSnapshot } from '../../src/storage/producer-snapshot.ts'
import { WriteStateFile } from '../../src/storage/write-state-file.ts'
import { batch, numbered, T0 } from '../support/batches.ts'
import { Scratch } from './scratch.ts'

const partition = { topic: 't', partition: 0 }

class ClosableLog {
  readonly scratch = new Scratch()
  readonly warnings: string[] = []
  readonly options: LogDirectoryOptions

  constructor(configs: Record<string, string> = {}) {
    this.options = {
      fileSystem: this.scratch.fileSystem,
      clock: { now: () => T0 },
      random: systemRandom,
      path: this.scratch.path('log'),
      lockWaitMs: 100,
      onWarning: (warning) => this.warnings.push(warning),
    }
    this.use((directory) => {
      directory.createTopic({ name: 't', partitionCount: 2, configs: new Map(Object.entries(configs)) })
    })
  }

  use<T>(act: (directory: LogDirectory) => T): T {
    const directory = LogDirectory.openToWrite(this.options)
    try {
      return act(directory)
    } finally {
      directory.close()
    }
  }

  append(...batches: Uint8Array[]): void {
    this.use((directory) => {
      for (const bytes of batches) directory.openLog(partition).append(bytes, 'never')
    })
  }

  path(name: string): string {
    return `${this.options.path}/${name}`
  }

  text(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  names(): string[] {
    return readdirSync(this.path('t-0')).toSorted()
  }
}

function produced(id: number): Uint8Array {
  const producer = { id: producerId(id), epoch: 0, baseSequence: 0 }
  const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 1000, producer })
  builder.append({ key: null, value: null, timestamp: T0 })
  return builder.build()
}

describe('closing', () => {
  test('leaves what a broker leaves: trimmed indexes, the last time entry, a snapshot, checkpoints and the marker', async () => {
    const log = new ClosableLog({ 'index.interval.bytes': '0' })
    log.append(batch({ values: ['a'] }), batch({ values: ['b'], timestamp: T0 + 1 }), produced(7))
    const closed = await closeCleanly(log.options)
    expect(closed).toEqual({
      isClean: true,
      partitions: [
        { ...partition, logStartOffset: 0n, logEndOffset: 3n, segmentCount: 1, damages: [] },
        { topic: 't', partition: 1, logStartOffset: 0n, logEndOffset: 0n, segmentCount: 1, damages: [] },
      ],
    })
    expect(log.names()).toEqual([
      '00000000000000000000.index',
      '00000000000000000000.log',
      '00000000000000000000.timeindex',
      '00000000000000000003.snapshot',
      'leader-epoch-checkpoint',
      'partition.metadata',
      'tslog.lock',
    ])
    expect(log.text('recovery-point-offset-checkpoint')).toBe('0\n2\nt 0 3\nt 1 0\n')
    expect(log.text('.kafka_cleanshutdown')).toBe('{"version":0,"brokerEpoch":-1}')
    const times = readFileSync(log.path('t-0/00000000000000000000.timeindex'))
    expect(times.readBigInt64BE(times.length - 12)).toBe(BigInt(T0 + 1))
    const snapshot = decodeProducerSnapshot(readFileSync(log.path('t-0/00000000000000000003.snapshot')))
    expect(snapshot).toMatchObject({ kind: 'entries', entries: [{ producerId: 7n, lastOffset: 2n }] })
  })

  test('adds the last time index entry to a segment that was too small for any', async () => {
    const log = new ClosableLog()
    log.append(batch({ values: ['a', 'b'] }))
    await closeCleanly(log.options)
    expect(readFileSync(log.path('t-0/00000000000000000000.timeindex'), 'hex')).toBe(
      `${BigInt(T0).toString(16).padStart(16, '0')}00000001`,
    )
    expect(readFileSync(log.path('t-0/00000000000000000000.index')).length).toBe(0)
  })

  test('says where a log begins inside of a segment, and forgets it when it no longer does', async () => {
    const log = new ClosableLog()
    log.append(batch({ values: numbered(5) }))
    log.use((directory) => directory.trim(partition, offset(2)))
    await closeCleanly(log.options)
    expect(log.text('log-start-offset-checkpoint')).toBe('0\n1\nt 0 2\n')
    log.append(batch({ values: ['x'] }))
    log.use((directory) => directory.alterTopic('t', { configs: new Map([['segment.bytes', '14']]) }))
    log.append(batch({ values: ['y'] }))
    log.use((directory) => directory.trim(partition, offset(6)))
    await closeCleanly(log.options)
    expect(log.text('log-start-offset-checkpoint')).toBe('0\n0\n')
  })

  test('keeps nothing of what our writers knew, so that Kafka may go on, and so may we', async () => {
    const log = new ClosableLog()
    log.append(batch({ values: ['a', 'b'] }))
    await closeCleanly(log.options)
    expect(readFileSync(log.path('t-0/tslog.lock')).every((byte) => byte === 0)).toBe(true)
    // Kafka, being told to by a new leader, cuts the log and writes something else.
    const kafka = batch({ values: ['k'] })
    writeFileSync(log.path('t-0/00000000000000000000.log'), kafka)
    writeFileSync(log.path('recovery-point-offset-checkpoint'), '0\n1\nt 0 1\n')
    log.append(batch({ values: ['next'] }))
    expect(log.warnings).toEqual([])
    expect(log.use((directory) => directory.openLog(partition).offsets().logEndOffset)).toBe(2n)
    expect(existsSync(log.path('.kafka_cleanshutdown'))).toBe(false)
  })

  test('recovers what a killed writer left first', async () => {
    const log = new ClosableLog()
    log.append(batch({ values: ['a'] }))
    const file = log.path('t-0/00000000000000000000.log')
    const size = readFileSync(file).length
    writeFileSync(log.path('t-0/tslog.lock'), '')
    appendFileSync(file, batch({ values: ['torn'], baseOffset: offset(1) }).subarray(0, 40))
    expect((await closeCleanly(log.options)).isClean).toBe(true)
    expect(readFileSync(file).length).toBe(size)
    expect(log.warnings).toEqual([expect.stringContaining('cut 40 torn bytes')])
  })

  test('twice is as once', async () => {
    const log = new ClosableLog({ 'segment.bytes': '80' })
    log.append(batch({ values: ['a'] }), batch({ values: ['b'] }), batch({ values: ['c'] }))
    await closeCleanly(log.options)
    const before = log.names().map((name) => [name, readFileSync(log.path(`t-0/${name}`), 'hex')])
    expect(before.length).toBeGreaterThan(10)
    await closeCleanly(log.options)
    expect(log.names().map((name) => [name, readFileSync(log.path(`t-0/${name}`), 'hex')])).toEqual(before)
  })

  test.each([
    ['the CRC of the batch at byte 0 is wrong', 65],
    // The base offset of the second batch, which no CRC covers.
    ['the offsets of the batch at byte 138 go back', 75],
  ])('marks nothing clean while %s, and leaves the recovery point', async (damage, at) => {
    const log = new ClosableLog()
    log.append(batch({ values: ['a'] }), batch({ values: ['b'] }), batch({ values: ['c'] }))
    const file = log.path('t-0/00000000000000000000.log')
    const bytes = readFileSync(file)
    bytes.writeUInt8(0xee, at)
    writeFileSync(file, bytes)
    for (const _again of [1, 2]) {
      const closed = await closeCleanly(log.options)
      expect(closed.isClean).toBe(false)
      expect(closed.partitions[0]?.damages).toEqual([`${file}: ${damage}`])
      expect(existsSync(log.path('.kafka_cleanshutdown'))).toBe(false)
      expect(log.text('recovery-point-offset-checkpoint')).toBe('0\n1\nt 1 0\n')
      expect(readFileSync(file).equals(bytes)).toBe(true)
    }
  })

  test('is refused while anybody has the directory open', async () => {
    const log = new ClosableLog()
    const reader = LogDirectory.openToRead(log.options)
    await expect(closeCleanly(log.options)).rejects.toThrow(LockedError)
    reader.close()
    expect((await closeCleanly(log.options)).isClean).toBe(true)
  })

  test('needs a log', async () => {
    const log = new ClosableLog()
    const at = (path: string): Promise<unknown> => closeCleanly({ ...log.options, path })
    await expect(at(log.scratch.path('nowhere'))).rejects.toThrow(NotFoundError)
    expect(existsSync(log.scratch.path('nowhere'))).toBe(false)
    log.scratch.fileSystem.makeDirectory(log.scratch.path('empty'))
    await expect(at(log.scratch.path('empty'))).rejects.toThrow(NotFoundError)
    expect(readdirSync(log.scratch.path('empty'))).toEqual([])
    await expect(at(log.scratch.directory)).rejects.toThrow(RefusedError)
  })
})

test('all that a close leaves survives a power cut right after it', async () => {
  const fileSystem = new MemoryFileSystem()
  const options = { fileSystem, clock: { now: () => T0 }, random: systemRandom, path: '/log', lockWaitMs: 0 }
  const directory = LogDirectory.openToWrite(options)
  directory.createTopic({ name: 't', partitionCount: 1, configs: new Map([['segment.bytes', '80']]) })
  for (const value of numbered(4)) directory.openLog(partition).append(batch({ values: [value] }), 'never')
  directory.close()
  await closeCleanly(options)
  const paths = ['/log', '/log/t-0'].flatMap((path) => [
    path,
    ...(fileSystem.list(path) ?? []).map(({ name }) => `${path}/${name}`),
  ])
  expect(paths.length).toBeGreaterThan(20)
  // Locks hold nothing; what `tslog.lock` held was thrown away.
  expect(paths.filter((path) => !path.endsWith('.lock') && fileSystem.hasUnsynced(path))).toEqual([])
})

test('a sync that fails in a close is not forgotten by the next one, which would vouch for what the disk lost', async () => {
  const fileSystem = new MemoryFileSystem()
  const options = { fileSystem, clock: { now: () => T0 }, random: systemRandom, path: '/log', lockWaitMs: 0 }
  const directory = LogDirectory.openToWrite(options)
  directory.createTopic({ name: 't', partitionCount: 1, configs: new Map() })
  directory.openLog(partition).append(batch({ values: ['a'] }), 'never')
  directory.close()
  const heal = fileSystem.failOn(({ name, path }) =>
    name === 'sync' && path.endsWith('.log') ? { code: 'EIO' } : undefined,
  )
  await expect(closeCleanly(options)).rejects.toThrow(DiskError)
  expect(hasCleanShutdownMarker(fileSystem, '/log')).toBe(false)
  heal()
  expect(await closeCleanly(options)).toMatchObject({ isClean: true, partitions: [{ logEndOffset: 1n, damages: [] }] })
  fileSystem.crash({ personality: 'lose-unsynced' })
  expect(fileSystem.stat('/log/t-0/00000000000000000000.log')?.size).toBe(batch({ values: ['a'] }).length)
})

test('a close of many segments keeps few files open', async () => {
  const fileSystem = new MemoryFileSystem()
  const options = { fileSystem, clock: { now: () => T0 }, random: systemRandom, path: '/log', lockWaitMs: 0 }
  const directory = LogDirectory.openToWrite(options)
  directory.createTopic({ name: 't', partitionCount: 1, configs: new Map([['segment.bytes', '80']]) })
  for (const value of numbered(300)) directory.openLog(partition).append(batch({ values: [value] }), 'never')
  directory.close()
  let openMax = 0
  fileSystem.beforeOperation(() => (openMax = Math.max(openMax, fileSystem.openFileCount)))
  const { partitions } = await closeCleanly(options)
  expect(partitions[0]?.segmentCount).toBe(300)
  expect(openMax).toBeLessThan(300)
})

describe('a close of a directory that was closed in order before', () => {
  const two = { name: 't', partitionCount: 2, configs: new Map() }

  function open(fileSystem: MemoryFileSystem): { options: LogDirectoryOptions; directory: LogDirectory } {
    const options = {
      fileSystem,
      path: '/log',
      clock: { now: () => T0 },
      random: seededRandom(1),
      lockWaitMs: 0,
    }
    return { options, directory: LogDirectory.openToWrite(options) }
  }

  /** Two partitions with a record each, closed in order; then partition 1 gets another one. */
  async function twice(): Promise<{ fileSystem: MemoryFileSystem; options: LogDirectoryOptions }> {
    const fileSystem = new MemoryFileSystem()
    const { options, directory } = open(fileSystem)
    directory.createTopic(two)
    for (const number of [0, 1])
      directory.openLog({ topic: 't', partition: number }).append(batch({ values: ['a'] }), 'never')
    directory.close()
    await closeCleanly(options)
    const next = open(fileSystem)
    next.directory.openLog({ topic: 't', partition: 1 }).append(batch({ values: ['b'] }), 'never')
    next.directory.close()
    return { fileSystem, options }
  }

  test('leaves alone what nobody has written since, and tells of it', async () => {
    const { fileSystem, options } = await twice()
    const touched = new Set<string>()
    fileSystem.beforeOperation(({ name, path, isChange }) => {
      if (isChange || name === 'lock') touched.add(path.split('/')[2] ?? '')
    })
    const { isClean, partitions } = await closeCleanly({ ...options, wasClosedCleanly: true })
    expect(isClean).toBe(true)
    expect(partitions.map(({ logStartOffset, logEndOffset }) => [logStartOffset, logEndOffset])).toEqual([
      [0n, 1n],
      [0n, 2n],
    ])
    expect(touched).toContain('t-1')
    expect(touched).not.toContain('t-0')
    fileSystem.crash({ personality: 'lose-unsynced' })
    const { directory } = open(fileSystem)
    const ends = [0, 1].map((number) => directory.openLog({ topic: 't', partition: number }).offsets().logEndOffset)
    directory.close()
    expect(ends).toEqual([1n, 2n])
  })

  test('looks at all of it when Kafka may have been there meanwhile', async () => {
    const { fileSystem, options } = await twice()
    const file = fileSystem.open('/log/t-0/00000000000000000000.log', 'write')
    file.write(batch({ values: ['of Kafka'], baseOffset: offset(1n) }), file.size())
    file.close()
    const { partitions } = await closeCleanly(options)
    expect(partitions.map(({ logEndOffset }) => logEndOffset)).toEqual([2n, 2n])
  })

  test('that a disk fails throws no word of a writer away before all is on the disk', async () => {
    const { fileSystem, options } = await twice()
    fileSystem.failOn(({ name, path }) =>
      name === 'sync' && path.endsWith('t-1/00000000000000000000.log') ? { code: 'EIO' } : undefined,
    )
    await expect(closeCleanly(options)).rejects.toThrow(DiskError)
    const state = WriteStateFile.find(fileSystem, '/log/t-1')
    expect(state?.isClear).toBe(false)
    state?.close()
    expect(hasCleanShutdownMarker(fileSystem, '/log')).toBe(false)
  })
})
