import { expect, test } from 'vitest'
import { seededRandom } from '../../src/base/random.ts'
import { GoneError } from '../../src/disk/memory-disk.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { createCleanerKernel } from '../../src/storage/kernel/cleaner-kernel.ts'
import { cleanPartition } from '../../src/storage/log-cleaner.ts'
import { LogDirectory, type LogDirectoryOptions } from '../../src/storage/log-directory.ts'
import { batch, T0 } from '../support/batches.ts'
import { readAll } from './partition-scene.ts'

const partition = { topic: 't', partition: 0 }
const kernel = createCleanerKernel({ mapBytes: 16 * 1024, secret: new Uint8Array(16) })

function optionsOf(fileSystem: MemoryFileSystem): LogDirectoryOptions {
  return { fileSystem, path: '/log', clock: { now: () => T0 }, random: seededRandom(1), lockWaitMs: 0 }
}

/** One record a segment: `kept` is synced, and what takes its place some segments later is not. */
function written(): MemoryFileSystem {
  const fileSystem = new MemoryFileSystem()
  const directory = LogDirectory.openToWrite(optionsOf(fileSystem))
  const configs = new Map([
    ['cleanup.policy', 'compact'],
    ['segment.bytes', '80'],
    ['min.cleanable.dirty.ratio', '0'],
  ])
  directory.createTopic({ name: 't', partitionCount: 1, configs })
  const append = (key: string, value: string, durability: 'now' | 'never'): unknown =>
    directory.openLog(partition).append(batch({ key, values: [value] }), durability)
  append('kept', 'old', 'now')
  for (const key of ['a', 'b']) append(key, 'x', 'now')
  // Another command, which waits for nothing.
  directory.closeLog(partition)
  append('kept', 'new', 'never')
  append('z', 'last', 'never')
  append('z', 'later', 'never')
  directory.close()
  return fileSystem
}

test('an acknowledged record is not compacted away for one that a power cut can still take', async () => {
  let isDone = false
  for (let at = 0; !isDone; at += 2) {
    const fileSystem = written()
    let left = at
    fileSystem.beforeOperation(({ process, isChange }) => {
      if (process === 'doomed' && isChange && left-- === 0) fileSystem.stop()
    })
    const options = optionsOf(fileSystem.asProcess('doomed'))
    const gone = (error: unknown): void => {
      if (!(error instanceof GoneError)) throw error
    }
    try {
      const directory = LogDirectory.openToWrite(options)
      await cleanPartition(directory, partition, { ...options, kernel, onBytes: () => undefined })
      isDone = true
    } catch (error) {
      gone(error)
    }
    fileSystem.crash({ personality: 'lose-unsynced' })
    const directory = LogDirectory.openToWrite(optionsOf(fileSystem))
    const values = readAll(directory.openReader(partition)).records.map((record) => record.split(' ')[1])
    directory.close()
    expect(values.includes('old') || values.includes('new'), `operation ${at}: ${values.join()}`).toBe(true)
  }
})
