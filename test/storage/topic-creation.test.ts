import { expect, test } from 'vitest'
import { seededRandom } from '../../src/base/random.ts'
import { GoneError } from '../../src/disk/memory-disk.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { LeaderEpochHistory } from '../../src/storage/leader-epoch-history.ts'
import { LogDirectory, type LogDirectoryOptions } from '../../src/storage/log-directory.ts'
import { readPartitionMetadata } from '../../src/storage/partition-metadata.ts'
import { batch, T0 } from '../support/batches.ts'
import { VerifyScene } from './verify/verify-scene.ts'

const partitionCount = 50
const first = { topic: 't', partition: 0 }

function optionsOf(fileSystem: MemoryFileSystem, process = 'main'): LogDirectoryOptions {
  const clock = { now: () => T0 }
  return { fileSystem: fileSystem.asProcess(process), path: '/log', clock, random: seededRandom(1), lockWaitMs: 0 }
}

function create(options: LogDirectoryOptions, count = partitionCount): LogDirectory {
  const directory = LogDirectory.openToWrite(options)
  directory.createTopic({ name: 't', partitionCount: count, configs: new Map() })
  return directory
}

test('a topic of many partitions is made with a handful of syncs', () => {
  const fileSystem = new MemoryFileSystem()
  LogDirectory.openToWrite(optionsOf(fileSystem)).close()
  let syncs = 0
  fileSystem.beforeOperation(({ name }) => {
    if (name.startsWith('sync')) syncs++
  })
  create(optionsOf(fileSystem)).close()
  expect(syncs).toBeLessThan(6)
})

test('a topic that was made is there after a power cut, and each partition bears its id before it has a batch', () => {
  const fileSystem = new MemoryFileSystem()
  create(optionsOf(fileSystem)).close()
  fileSystem.crash({ personality: 'lose-unsynced' })
  const directory = LogDirectory.openToWrite(optionsOf(fileSystem))
  const { id, partitionCount: count } = directory.topic('t')
  expect([count, directory.partitions().length]).toEqual([partitionCount, partitionCount])
  directory.openLog({ topic: 't', partition: 3 }).append(batch({ values: ['a'] }), 'now')
  directory.close()
  fileSystem.crash({ personality: 'lose-unsynced' })
  expect(readPartitionMetadata(fileSystem, '/log/t-3')).toEqual({ kind: 'metadata', topicId: id })
})

test('a partition that is opened soon after it was made has its id on the disk too', () => {
  const fileSystem = new MemoryFileSystem()
  const directory = create(optionsOf(fileSystem))
  directory.openLog({ topic: 't', partition: 3 }).append(batch({ values: ['a'] }), 'now')
  const { id } = directory.topic('t')
  directory.close()
  fileSystem.crash({ personality: 'lose-unsynced' })
  expect(readPartitionMetadata(fileSystem, '/log/t-3')).toEqual({ kind: 'metadata', topicId: id })
})

test('a creation goes on with the id that any partition of one has that was cut short', () => {
  const fileSystem = new MemoryFileSystem()
  const options = optionsOf(fileSystem)
  const [first, second] = [create(options), LogDirectory.openToWrite(options)]
  const { id } = first.topic('t')
  first.close()
  fileSystem.remove('/log/tslog-topics.json')
  fileSystem.remove('/log/t-0/partition.metadata')
  second.refresh()
  second.createTopic({ name: 't', partitionCount, configs: new Map() })
  expect(second.topic('t').id).toBe(id)
  second.close()
  expect(readPartitionMetadata(fileSystem, '/log/t-0')).toEqual({ kind: 'metadata', topicId: id })
})

test('a creation takes no records away of a topic that has lost the directory of its first partition', () => {
  const fileSystem = new MemoryFileSystem()
  const before = create(optionsOf(fileSystem), 3)
  const { id } = before.topic('t')
  before.openLog({ topic: 't', partition: 1 }).append(batch({ values: ['a', 'b'] }), 'now')
  before.close()
  fileSystem.removeTree('/log/t-0')
  const directory = LogDirectory.openToWrite(optionsOf(fileSystem))
  expect(directory.createTopic({ name: 't', partitionCount: 3, configs: new Map() })).toBe(false)
  expect(directory.topic('t').id).toBe(id)
  expect(directory.openLog({ topic: 't', partition: 1 }).offsets().logEndOffset).toBe(2n)
  directory.openLog(first).append(batch({ values: ['c'] }), 'now')
  directory.close()
  expect(readPartitionMetadata(fileSystem, '/log/t-0')).toEqual({ kind: 'metadata', topicId: id })
})

test('a creation that the power cut short at any step leaves a topic that is whole, or can be made', () => {
  let made = 0
  const few = 10
  for (let at = 0, isDone = false; !isDone; at++) {
    for (const seed of [1, 2]) {
      const fileSystem = new MemoryFileSystem()
      LogDirectory.openToWrite(optionsOf(fileSystem)).close()
      let left = at
      fileSystem.beforeOperation(({ process, isChange }) => {
        if (process === 'doomed' && isChange && left-- === 0) fileSystem.stop()
      })
      try {
        create(optionsOf(fileSystem, 'doomed'), few)
        isDone = true
      } catch {
        // The machine has stopped.
      }
      fileSystem.crash({ personality: 'posix-adversary', random: seededRandom(seed) })
      const directory = LogDirectory.openToWrite(optionsOf(fileSystem))
      if (directory.createTopic({ name: 't', partitionCount: few, configs: new Map() })) made++
      const { id } = directory.topic('t')
      for (const partition of [0, 4, 9]) {
        directory.openLog({ topic: 't', partition }).append(batch({ values: ['a'] }), 'now')
        expect(readPartitionMetadata(fileSystem, `/log/t-${partition}`)).toEqual({ kind: 'metadata', topicId: id })
      }
      directory.close()
    }
  }
  expect(made).toBeGreaterThan(10)
})

test('the first batch of a partition waits for four syncs', () => {
  const fileSystem = new MemoryFileSystem()
  create(optionsOf(fileSystem)).close()
  const synced: string[] = []
  fileSystem.beforeOperation(({ name, path }) => {
    if (name.startsWith('sync')) synced.push(path.slice('/log/'.length))
  })
  const directory = LogDirectory.openToWrite(optionsOf(fileSystem))
  directory.openLog({ topic: 't', partition: 3 }).append(batch({ values: ['a'] }), 'now')
  directory.close()
  expect(synced).toEqual([
    't-3/partition.metadata',
    't-3/leader-epoch-checkpoint.tmp',
    't-3/00000000000000000000.log',
    't-3',
  ])
})

test('a power cut at any step of a creation and of the first batches loses none that was acknowledged, and leaves everything else in order', () => {
  let kept = 0
  for (let at = 0, isDone = false; !isDone; at++) {
    for (const personality of ['ext4-ordered', 'posix-adversary'] as const) {
      const fileSystem = new MemoryFileSystem()
      let left = at
      fileSystem.beforeOperation(({ process, isChange }) => {
        if (process === 'doomed' && isChange && left-- === 0) fileSystem.stop()
      })
      const { acknowledgedEnd, isWhole } = createAndAppend(fileSystem)
      isDone = isWhole
      fileSystem.crash({ personality, random: seededRandom(at) })
      kept += expectInOrder(fileSystem, acknowledgedEnd)
    }
  }
  expect(kept).toBeGreaterThan(10)
})

/** A process makes a topic and appends to it, each batch to a segment of its own, until the machine stops. */
function createAndAppend(fileSystem: MemoryFileSystem): { acknowledgedEnd: bigint; isWhole: boolean } {
  let acknowledgedEnd = 0n
  try {
    const directory = LogDirectory.openToWrite(optionsOf(fileSystem, 'doomed'))
    directory.createTopic({ name: 't', partitionCount: 1, configs: new Map([['segment.bytes', '100']]) })
    const log = directory.openLog({ topic: 't', partition: 0 })
    log.append(batch({ values: ['a'] }), 'never')
    acknowledgedEnd = log.append(batch({ values: ['b'] }), 'now').nextOffset
    acknowledgedEnd = log.append(batch({ values: ['c'] }), 'now').nextOffset
    return { acknowledgedEnd, isWhole: true }
  } catch (error) {
    if (!(error instanceof GoneError)) throw error
    return { acknowledgedEnd, isWhole: false }
  }
}

/** The next writer finds at least what was acknowledged, appends, and leaves nothing that verify minds. Returns how many records there were. */
function expectInOrder(fileSystem: MemoryFileSystem, acknowledgedEnd: bigint): number {
  const directory = LogDirectory.openToWrite(optionsOf(fileSystem))
  directory.createTopic({ name: 't', partitionCount: 1, configs: new Map() })
  const log = directory.openLog({ topic: 't', partition: 0 })
  const { logEndOffset } = log.offsets()
  expect(logEndOffset).toBeGreaterThanOrEqual(acknowledgedEnd)
  log.append(batch({ values: ['b'] }), 'now')
  const { id } = directory.topic('t')
  directory.close()
  // What nobody had synced may be gone from the midst of the log.
  const damages = new VerifyScene(fileSystem).verify().damages.filter(({ kind }) => kind !== 'hole')
  expect(damages).toEqual([])
  fileSystem.crash({ personality: 'lose-unsynced' })
  expect(readPartitionMetadata(fileSystem, '/log/t-0')).toEqual({ kind: 'metadata', topicId: id })
  const epochs = LeaderEpochHistory.read(fileSystem, '/log/t-0')
  expect(epochs.kind === 'history' && epochs.history.latestEpoch).toBeGreaterThanOrEqual(0)
  return Number(logEndOffset)
}

test.each([
  { what: 'a topic', hasTopic: false },
  { what: 'a topic of which the directory was lost', hasTopic: true },
])(
  '$what that a killed process had begun to make is durable once a batch of another one is acknowledged',
  ({ hasTopic }) => {
    let kept = 0
    for (let at = 0, isDone = false; !isDone; at++) {
      const fileSystem = new MemoryFileSystem()
      if (hasTopic) loseDirectory(fileSystem)
      const end = killAt(fileSystem, at)
      isDone = createAndAppend(fileSystem).isWhole
      end()
      const directory = create(optionsOf(fileSystem), 1)
      const { nextOffset } = directory.openLog(first).append(batch({ values: ['z'] }), 'now')
      fileSystem.crash({ personality: 'lose-unsynced' })
      kept += expectInOrder(fileSystem, nextOffset)
    }
    expect(kept).toBeGreaterThan(20)
  },
)

test('a directory that was lost, and that a killed process had begun to make, is durable once a batch of another one is acknowledged', () => {
  for (let at = 0, isDone = false; !isDone; at++) {
    const fileSystem = new MemoryFileSystem()
    loseDirectory(fileSystem)
    const end = killAt(fileSystem, at)
    isDone = appendOne(optionsOf(fileSystem, 'doomed')) !== undefined
    end()
    const acknowledgedEnd = appendOne(optionsOf(fileSystem))
    fileSystem.crash({ personality: 'lose-unsynced' })
    expectInOrder(fileSystem, acknowledgedEnd ?? 0n)
  }
})

/** Makes a topic and takes the directory of its partition away. */
function loseDirectory(fileSystem: MemoryFileSystem): void {
  create(optionsOf(fileSystem), 1).close()
  fileSystem.removeTree('/log/t-0')
  fileSystem.syncDirectory('/log')
}

/** Kills the process `doomed` before its change number `count` of the disk. Returns a function that ends this. */
function killAt(fileSystem: MemoryFileSystem, count: number): () => void {
  let left = count
  return fileSystem.beforeOperation(({ process, isChange }) => {
    if (process === 'doomed' && isChange && left-- === 0) fileSystem.kill('doomed')
  })
}

/** The end of what was acknowledged; `undefined` when the process was killed. */
function appendOne(options: LogDirectoryOptions): bigint | undefined {
  try {
    return LogDirectory.openToWrite(options)
      .openLog(first)
      .append(batch({ values: ['z'] }), 'now').nextOffset
  } catch (error) {
    if (!(error instanceof GoneError)) throw error
    return undefined
  }
}
