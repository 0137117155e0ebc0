import { describe, expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { CorruptSegmentError } from '../../src/base/errors.ts'
import { systemRandom } from '../../src/base/random.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { ReplicaLog } from '../../src/replication/replica-log.ts'
import { readOffsetCheckpoint } from '../../src/storage/offset-checkpoints.ts'
import { LogDirectory } from '../../src/storage/log-directory.ts'
import { batch, T0 } from '../support/batches.ts'

const partition = { topic: 't', partition: 0 }
const place = { rollsByItself: false, leaderEpochs: [] }

function scene(): { fileSystem: MemoryFileSystem; directory: LogDirectory } {
  const fileSystem = new MemoryFileSystem()
  const options = { fileSystem, path: '/copy', clock: { now: () => T0 }, random: systemRandom, lockWaitMs: 0 }
  const directory = LogDirectory.openToWrite(options)
  directory.createTopic({ name: 't', partitionCount: 1, configs: new Map() })
  return { fileSystem, directory }
}

describe('the log of a copy', () => {
  test('goes to the disk while more of it comes', async () => {
    const { fileSystem, directory } = scene()
    const replica = new ReplicaLog(partition, directory, { fileSystem, lockWaitMs: 0, isDryRun: false })
    let syncs = 0
    fileSystem.failOn(({ name, path }) => {
      if (name === 'sync' && path.endsWith('.log')) syncs++
      return undefined
    })
    const value = 'x'.repeat(500_000)
    for (let at = 0; at < 12; at++) {
      replica.append(batch({ values: [value], baseOffset: offset(at) }), place)
      await replica.synced()
    }
    expect(syncs).toBe(2)
    replica.syncSoon()
    await replica.synced()
    expect(syncs).toBe(3)
    replica.close()
    directory.close()
  })

  test('has the gaps of a closed segment noted before anything is appended behind them, again after it was cut', async () => {
    const { fileSystem, directory } = scene()
    const replica = new ReplicaLog(partition, directory, { fileSystem, lockWaitMs: 0, isDryRun: false })
    const noted = (): bigint | undefined =>
      readOffsetCheckpoint(fileSystem, '/copy', 'cleaner-offset-checkpoint').offsets.get('t-0')
    const bases = [0, 10, 20].map((base) => offset(base))
    replica.append(batch({ values: ['a'], baseOffset: offset(0) }), place)
    replica.noteGap(offset(3), bases)
    expect(noted()).toBe(10n)
    replica.append(batch({ values: ['b'], baseOffset: offset(3) }), place)
    replica.noteGap(offset(14), bases)
    expect(noted()).toBe(20n)
    // In the segment that is written, where compaction leaves none: as many as there are, they are noted in the end.
    replica.noteGap(offset(24), bases)
    expect(noted()).toBe(20n)
    replica.saveGaps()
    expect(noted()).toBe(24n)
    await replica.truncateTo(offset(1))
    expect(noted()).toBe(1n)
    replica.noteGap(offset(3), bases)
    expect(noted()).toBe(10n)
    replica.close()
    directory.close()
  })

  test('is mended before it is looked at where it cannot be read as it is', () => {
    const { fileSystem, directory } = scene()
    const steps: string[] = []
    const watched = Object.assign(Object.create(directory) as LogDirectory, {
      openReader: () => {
        steps.push('read')
        if (steps.length === 1) throw new CorruptSegmentError('/copy/t-0', 0, 'as a crash left it')
        return directory.openReader(partition)
      },
      openLog: () => {
        if (steps.length === 1) steps.push('mend')
        return directory.openLog(partition)
      },
    })
    const foreseen: unknown[] = []
    const options = { fileSystem, lockWaitMs: 0, isDryRun: false }
    const replica = new ReplicaLog(partition, watched, options, (end) => foreseen.push(end))
    expect(steps).toEqual(['read', 'mend', 'read'])
    expect(foreseen).toEqual([])
    replica.close()
    directory.close()
  })

  test('tells where it seems to end before it is opened for writing', () => {
    const { fileSystem, directory } = scene()
    directory.openLog(partition).appendAsFollower(batch({ values: ['a', 'b'] }), { ...place, logEndOffset: offset(0) })
    directory.closeLog(partition)
    let isOpen = false
    const watched = Object.assign(Object.create(directory) as LogDirectory, {
      openReader: () => directory.openReader(partition),
      openLog: () => {
        isOpen = true
        return directory.openLog(partition)
      },
    })
    const foreseen: unknown[] = []
    const options = { fileSystem, lockWaitMs: 0, isDryRun: false }
    const replica = new ReplicaLog(partition, watched, options, (end) => foreseen.push(end, isOpen))
    expect(foreseen).toEqual([2n, false])
    expect(replica.logEndOffset).toBe(2n)
    replica.close()
    directory.close()
  })
})
