import { describe, expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { DiskError, LockedError, NotFoundError, RefusedError } from '../../src/base/errors.ts'
import { GoneError, type Operation } from '../../src/disk/memory-disk.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { readOffsetCheckpoint } from '../../src/storage/offset-checkpoints.ts'
import { PartitionReader } from '../../src/storage/partition-reader.ts'
import { decodeProducerSnapshot } from '../../src/storage/producer-snapshot.ts'
import { restartLog } from '../../src/storage/log-cut.ts'
import { deleteOldSegments } from '../../src/storage/segment-deletion.ts'
import { batch, numbered } from '../support/batches.ts'
import { directory, expected, logDirectory, PartitionScene, readAll, segmentPath } from './partition-scene.ts'

/** Segments of two or three batches. */
const tiny = { segmentBytes: 200 }

function one(value: string): Uint8Array {
  return batch({ values: [value] })
}

function segments(scene: PartitionScene): string[] {
  return scene.names().filter((name) => name.endsWith('.log'))
}

describe('appending', () => {
  test('gives the offsets in turn, over rolls and reopening', () => {
    const scene = new PartitionScene(tiny)
    const values = numbered(20)
    for (const [i, value] of values.entries()) {
      const log = scene.open()
      expect(log.append(one(value), 'never')).toEqual({ baseOffset: BigInt(i), nextOffset: BigInt(i + 1) })
      log.close()
    }
    expect(segments(scene).length).toBe(10)
    expect(scene.read()).toEqual({ records: expected(values), damages: [], nextOffset: 20n })
    expect(scene.warnings).toEqual([])
    expect(scene.fileSystem.openFileCount).toBe(0)
  })

  test('several batches at once keeps them together', () => {
    const scene = new PartitionScene()
    const log = scene.open()
    const both = Uint8Array.from([...batch({ values: ['a', 'b'] }), ...batch({ values: ['c'] })])
    expect(log.append(both, 'never')).toEqual({ baseOffset: 0n, nextOffset: 3n })
    expect(log.offsets()).toEqual({ logStartOffset: 0n, lastStableOffset: 3n, highWatermark: 3n, logEndOffset: 3n })
    expect(scene.read().records).toEqual(expected(['a', 'b', 'c']))
  })

  test('by two processes in turn is as by one, also while they roll', () => {
    const scene = new PartitionScene(tiny)
    const logs = [scene.open('one'), scene.open('other')]
    const values = numbered(40)
    for (const [i, value] of values.entries()) logs[(i * i + (i >> 2)) % 2]?.append(one(value), 'later')
    expect(scene.read().records).toEqual(expected(values))
    expect(scene.warnings).toEqual([])
    scene.close()
    expect(scene.fileSystem.openFileCount).toBe(0)
  })

  test('leaves files that are the same whoever wrote them', () => {
    const files = (count: number): [string, Uint8Array][] => {
      const scene = new PartitionScene({ ...tiny, segmentBytes: 1000 })
      const logs = Array.from({ length: count }, (_, i) => scene.open(`process-${i}`))
      for (const [i, value] of numbered(50).entries()) logs[i % count]?.append(one(value), 'never')
      const names = scene.names().filter((name) => /^\d+\.(log|index|timeindex)$/.test(name))
      return names.map((name) => [name, scene.bytes(`${directory}/${name}`)])
    }
    const alone = files(1)
    expect(alone.length).toBe(12)
    expect(files(2)).toEqual(alone)
    expect(files(5)).toEqual(alone)
  })

  test('keeps its turn while more follows, and gives it when it says so', () => {
    const scene = new PartitionScene()
    const [log, other] = [scene.open('one'), scene.open('other')]
    // A turn lasts 0.1 ms at most, so that on a busy machine the other one may be let in at once.
    let isKept = false
    for (let i = 0; i < 1000 && !isKept; i++) {
      log.append(one('kept'), 'never', true)
      try {
        other.append(one('let in'), 'never')
      } catch (error) {
        expect(error).toBeInstanceOf(LockedError)
        isKept = true
      }
    }
    expect(isKept).toBe(true)
    log.endTurn()
    const { nextOffset } = other.append(one('then'), 'never')
    expect(log.append(one('last'), 'never')).toEqual({ baseOffset: nextOffset, nextOffset: nextOffset + 1n })
    expect(other.append(one('others'), 'never').baseOffset).toBe(nextOffset + 1n)
  })

  test('is seen by a reader at once, and before it not at all', () => {
    const scene = new PartitionScene(tiny)
    const log = scene.open('writer')
    log.append(one('first'), 'never')
    const reader = new PartitionReader({ fileSystem: scene.fileSystem.asProcess('reader'), directory })
    let seen = readAll(reader).records.length
    expect(seen).toBe(1)
    let committed = 1
    let isReading = false
    scene.fileSystem.beforeOperation(({ process, name }) => {
      if (process !== 'writer' || isReading) return
      isReading = true
      seen += readAll(reader).records.length
      const fresh = scene.read().records.length
      // The lock is given back after the write state has told of the append.
      expect(seen).toBe(name === 'unlock' ? committed + 1 : committed)
      expect(fresh).toBe(seen)
      isReading = false
    })
    for (const value of numbered(12)) {
      log.append(one(value), 'now')
      committed++
    }
    reader.close()
  })

  test.each(['later', 'now', 'commit'] as const)(
    '%s goes on while the checkpoint is locked: the recovery point moves with a later roll',
    async (durability) => {
      const scene = new PartitionScene(tiny)
      const log = scene.open('writer')
      const values = numbered(40)
      const appendTo = (end: number): void => {
        for (let i = Number(log.offsets().logEndOffset); i < end; i++) log.append(one(values[i] ?? ''), durability)
      }
      const recoveryPoint = (): number => {
        const { offsets } = readOffsetCheckpoint(scene.fileSystem, logDirectory, 'recovery-point-offset-checkpoint')
        return Number(offsets.get('t-0') ?? 0)
      }
      const lock = scene.fileSystem.asProcess('other').open('/log/tslog-checkpoint.lock', 'create')
      lock.lock('exclusive', 0)
      appendTo(20)
      expect(recoveryPoint()).toBe(0)
      lock.close()
      appendTo(40)
      expect(recoveryPoint()).toBeGreaterThan(30)
      if (durability === 'commit') await log.commit()
      expect(scene.read()).toEqual({ records: expected(values), damages: [], nextOffset: 40n })
      scene.close()
      expect(scene.fileSystem.openFileCount).toBe(0)
    },
  )

  test('refuses what there are no offsets left for, and changes nothing', () => {
    const scene = new PartitionScene()
    scene.fileSystem.makeDirectory(directory)
    scene.fileSystem.open(`${directory}/09223372036854775805.log`, 'create').close()
    const log = scene.open()
    expect(() => log.append(batch({ values: ['a', 'b'] }), 'now')).toThrow(RefusedError)
    expect(log.append(one('a'), 'now')).toEqual({ baseOffset: 2n ** 63n - 3n, nextOffset: 2n ** 63n - 2n })
    expect(() => log.append(one('b'), 'now')).toThrow(RefusedError)
    expect(scene.read().records).toEqual(['9223372036854775805 a'])
  })

  test('refuses what is no batch and goes on', () => {
    const scene = new PartitionScene()
    const log = scene.open()
    expect(() => log.append(one('cut').subarray(0, 50), 'never')).toThrow()
    expect(log.append(one('whole'), 'never').baseOffset).toBe(0n)
  })
})

describe('what was acknowledged as durable', () => {
  test.each([1, 2, 3, 4, 5, 6, 7])('is there after a power cut: append %i, whichever segment it began', (count) => {
    const scene = new PartitionScene(tiny)
    const log = scene.open()
    for (const value of numbered(count)) log.append(one(value), 'now')
    scene.powerCut()
    expect(scene.logEndOffset()).toBe(BigInt(count))
    expect(scene.read().records).toEqual(expected(numbered(count)))
  })

  test('is there although another process began its segment without waiting for the disk', () => {
    const scene = new PartitionScene(tiny)
    const [careless, careful] = [scene.open('careless'), scene.open('careful')]
    for (const value of numbered(3)) careless.append(one(value), 'never')
    careful.append(one('kept'), 'now')
    scene.powerCut()
    scene.logEndOffset()
    expect(scene.read().records).toContain('3 kept')
  })

  test('is there with all that came before it from the same process', () => {
    const scene = new PartitionScene(tiny)
    const log = scene.open()
    for (const value of numbered(7)) log.append(one(value), 'later')
    log.append(one('kept'), 'now')
    scene.powerCut()
    expect(scene.logEndOffset()).toBe(8n)
    expect(scene.read().records).toEqual(expected([...numbered(7), 'kept']))
  })

  test('by a sync is there too, through segments that others sealed', async () => {
    const scene = new PartitionScene(tiny)
    const [log, other] = [scene.open('one'), scene.open('other')]
    log.append(one('a'), 'later')
    for (const value of ['b', 'c', 'd', 'e']) other.append(one(value), 'never')
    log.append(one('f'), 'later')
    await log.sync()
    scene.powerCut()
    scene.logEndOffset()
    const { records } = scene.read()
    expect(records).toContain('0 a')
    expect(records).toContain('5 f')
  })

  test('is told of by nobody after the power cut but the disk: offsets are not given twice', () => {
    const scene = new PartitionScene(tiny)
    const log = scene.open()
    for (const value of numbered(4)) log.append(one(value), 'now')
    for (const value of numbered(4, 'lost-')) log.append(one(value), 'never')
    scene.powerCut()
    const { baseOffset } = scene.open().append(one('next'), 'now')
    expect(baseOffset).toBeGreaterThanOrEqual(4n)
    expect(scene.read().records.slice(0, 4)).toEqual(expected(numbered(4)))
  })
})

describe('a sync', () => {
  test.each([true, false])(
    'asks for the name of a segment once, and for what is on the disk not again (blocking: %s)',
    async (isBlocking) => {
      const scene = new PartitionScene()
      const log = scene.open()
      const asked: string[] = []
      scene.fileSystem.failOn(({ name, path }) => {
        if (name.startsWith('sync') && !path.endsWith('checkpoint.tmp')) asked.push(name)
        return undefined
      })
      const syncs = async (): Promise<string[]> => {
        await log.sync(isBlocking)
        return asked.splice(0)
      }
      log.append(one('a'), 'later')
      expect(await syncs()).toContain('sync-directory')
      log.append(one('b'), 'later')
      expect(await syncs()).toEqual(['sync'])
      expect(await syncs()).toEqual([])
      log.roll(offset(2))
      log.append(one('c'), 'later')
      expect(await syncs()).toContain('sync-directory')
      scene.powerCut()
      expect(scene.read().records).toEqual(expected(['a', 'b', 'c']))
    },
  )

  test('that blocks nobody leaves what is appended meanwhile to the next one', async () => {
    const scene = new PartitionScene()
    const log = scene.open()
    log.append(one('a'), 'later')
    const synced = log.sync(false)
    log.append(one('b'), 'later')
    await synced
    await log.sync(false)
    scene.powerCut()
    expect(scene.read().records).toEqual(expected(['a', 'b']))
  })
})

describe('a disk that fails', () => {
  const atLog = ({ name, path }: Operation, wanted: string): boolean => name === wanted && path.endsWith('.log')

  test.each(['now', 'later'] as const)('to sync is never believed again: %s', async (durability) => {
    const scene = new PartitionScene()
    const log = scene.open()
    log.append(one('kept'), 'now')
    let syncs = 0
    const heal = scene.fileSystem.failOn((operation) => {
      if (!atLog(operation, 'sync')) return undefined
      syncs++
      return { code: 'EIO' }
    })
    const acknowledge = async (): Promise<void> => {
      log.append(one('lost'), durability)
      await log.sync()
    }
    await expect(acknowledge()).rejects.toThrow(DiskError)
    heal()
    expect(() => log.append(one('more'), 'never')).toThrow(DiskError)
    await expect(log.sync()).rejects.toThrow(DiskError)
    expect(() => log.offsets()).toThrow(DiskError)
    expect(syncs).toBe(1)
    scene.powerCut()
    expect(scene.logEndOffset()).toBe(1n)
    expect(scene.read().records).toEqual(expected(['kept']))
  })

  test.each([0, 1, 40, 68])(
    'to take more than %i bytes of a batch leaves a whole log for the next writer',
    (partialBytes) => {
      const scene = new PartitionScene()
      const log = scene.open()
      log.append(one('kept'), 'never')
      const other = scene.open('other')
      expect(other.offsets().logEndOffset).toBe(1n)
      const heal = scene.fileSystem.failOn((operation) =>
        atLog(operation, 'write') ? { code: 'ENOSPC', partialBytes } : undefined,
      )
      expect(() => log.append(one('too much'), 'never')).toThrow(DiskError)
      expect(scene.read()).toEqual({ records: ['0 kept'], damages: [], nextOffset: 1n })
      heal()
      expect(() => log.append(one('more'), 'never')).toThrow(DiskError)
      expect(other.append(one('next'), 'never').baseOffset).toBe(1n)
      expect(scene.read().records).toEqual(expected(['kept', 'next']))
      scene.close()
      scene.append('fresh')
      expect(scene.read().records).toEqual(expected(['kept', 'next', 'fresh']))
      expect(scene.fileSystem.openFileCount).toBe(0)
    },
  )

  test('of every small size fills up without harm, and goes on when there is room again', () => {
    for (let capacityBytes = 200; capacityBytes < 3000; capacityBytes += 13) {
      const scene = new PartitionScene(tiny, new MemoryFileSystem({ capacityBytes }))
      scene.overwrite('/log/ballast', new Uint8Array(150))
      const kept: string[] = []
      const fill = (): void => {
        const log = scene.open()
        for (const value of numbered(100)) {
          log.append(one(value), 'now')
          kept.push(value)
        }
      }
      expect(fill, `${capacityBytes} bytes`).toThrow(/no space left/)
      scene.fileSystem.asProcess('main')
      const left = scene.fileSystem.stat(segmentPath(0)) === undefined ? [] : scene.read().records
      expect(left.slice(0, kept.length)).toEqual(expected(kept))
      scene.fileSystem.remove('/log/ballast')
      if (scene.fileSystem.space('/log').freeBytes < 700) continue
      // A batch may be whole although the state that tells of it found no room.
      const values = left.map((record) => record.replace(/^\d+ /, ''))
      scene.append('next')
      expect(scene.read().records, `${capacityBytes} bytes`).toEqual(expected([...values, 'next']))
    }
  })

  test('at any one operation costs no acknowledged batch, and the next process goes on', () => {
    const run = (scene: PartitionScene, acknowledged: string[]): void => {
      const log = scene.open()
      for (const value of numbered(7)) {
        log.append(one(value), 'now')
        acknowledged.push(value)
      }
    }
    const reference = new PartitionScene(tiny)
    run(reference, [])
    for (let at = 0; at < reference.fileSystem.operationCount; at++) {
      const scene = new PartitionScene(tiny)
      let left = at
      const heal = scene.fileSystem.failOn(() => (left-- === 0 ? { code: 'EIO' } : undefined))
      const acknowledged: string[] = []
      try {
        run(scene, acknowledged)
      } catch (error) {
        expect(error, `operation ${at}`).toBeInstanceOf(DiskError)
      }
      heal()
      const log = scene.open('next')
      log.append(one('next'), 'now')
      const { records, damages } = scene.read()
      const values = records.map((record) => record.replace(/^\d+ /, ''))
      expect(values.slice(0, acknowledged.length), `operation ${at}`).toEqual(acknowledged)
      expect(values.at(-1)).toBe('next')
      expect(new Set(values).size).toBe(values.length)
      expect(damages).toEqual([])
    }
  })
})

describe('a partition that is removed while it is written', () => {
  function removed(scene: PartitionScene): void {
    for (const name of scene.names()) scene.fileSystem.remove(`${directory}/${name}`)
    scene.fileSystem.removeDirectory(directory)
  }

  test('acknowledges nothing more', async () => {
    for (const isMadeAgain of [false, true]) {
      const scene = new PartitionScene()
      const log = scene.open()
      log.append(one('a'), 'now')
      log.append(one('b'), 'later')
      removed(scene)
      if (isMadeAgain) {
        scene.fileSystem.makeDirectory(directory)
        scene.open('other').append(one('new'), 'now')
      }
      await expect(log.sync()).rejects.toThrow(NotFoundError)
      expect(() => log.append(one('c'), 'now')).toThrow(NotFoundError)
      expect(() => log.append(one('d'), 'never')).toThrow(NotFoundError)
      if (isMadeAgain) expect(scene.read().records).toEqual(['0 new'])
    }
  })

  test('refuses an append that must be durable, without a sync before', () => {
    const scene = new PartitionScene()
    const log = scene.open()
    log.append(one('a'), 'now')
    removed(scene)
    expect(() => log.append(one('b'), 'now')).toThrow(NotFoundError)
  })

  test('says that it was its topic when it was', async () => {
    const scene = new PartitionScene()
    const log = scene.open()
    log.append(one('a'), 'later')
    scene.open('other').markDeleted()
    removed(scene)
    await expect(log.sync()).rejects.toThrow(/the topic was deleted/)
    expect(() => log.append(one('b'), 'never')).toThrow(/the topic was deleted/)
  })

  test('is no reason to refuse when only old segments went', async () => {
    const scene = new PartitionScene(tiny)
    const [log, other] = [scene.open('one'), scene.open('other')]
    log.append(one('a'), 'later')
    for (const value of ['b', 'c', 'd', 'e']) other.append(one(value), 'never')
    other.advanceLogStart(offset(4))
    expect(deleteOldSegments(other, scene.fileSystem, 0).count).toBe(2)
    await log.sync()
    expect(log.append(one('f'), 'now').baseOffset).toBe(5n)
  })
})

describe('a writer that is killed', () => {
  test('at any operation loses nothing it was told is there, and the next one goes on at once', () => {
    const run = (scene: PartitionScene, acknowledged: string[]): void => {
      const log = scene.open('victim')
      for (const value of numbered(6)) {
        log.append(one(value), 'never')
        acknowledged.push(value)
      }
    }
    const reference = new PartitionScene(tiny)
    run(reference, [])
    for (let at = 0; at < reference.fileSystem.operationCount; at++) {
      const scene = new PartitionScene(tiny)
      const survivor = scene.open('survivor')
      let left = at
      scene.fileSystem.beforeOperation(({ process }) => {
        if (process === 'victim' && left-- === 0) scene.fileSystem.kill('victim')
      })
      const acknowledged: string[] = []
      try {
        run(scene, acknowledged)
      } catch {
        // Killed.
      }
      survivor.append(one('next'), 'never')
      const values = scene.read().records.map((record) => record.replace(/^\d+ /, ''))
      expect(values.at(-1), `operation ${at}`).toBe('next')
      expect(values.slice(0, acknowledged.length), `operation ${at}`).toEqual(acknowledged)
      expect(values.length - acknowledged.length, `operation ${at}`).toBeLessThanOrEqual(2)
    }
  })

  test('in the midst of a write leaves a torn batch that the next writer, already open, cuts off', () => {
    const scene = new PartitionScene()
    const survivor = scene.open('survivor')
    survivor.append(one('a'), 'never')
    const victim = scene.open('victim')
    const heal = scene.fileSystem.failOn(({ name, path, process }) =>
      process === 'victim' && name === 'write' && path.endsWith('.log') ? { code: 'EIO', partialBytes: 50 } : undefined,
    )
    expect(() => victim.append(one('torn'), 'never')).toThrow()
    heal()
    scene.fileSystem.kill('victim')
    expect(scene.read().records).toEqual(['0 a'])
    survivor.append(one('b'), 'never')
    expect(scene.warnings).toEqual([expect.stringContaining('cut 50 torn bytes')])
    expect(scene.read()).toEqual({ records: expected(['a', 'b']), damages: [], nextOffset: 2n })
  })
})

test('a writer goes on in the file that took the name of the one that it has open', () => {
  const scene = new PartitionScene()
  const log = scene.open('idle')
  log.append(one('gone'), 'never')
  const follower = scene.open('follower')
  const where = { fileSystem: scene.fileSystem.asProcess('follower'), logDirectory, topic: 't', partition: 0 }
  restartLog(follower, { ...where, lockWaitMs: 0 }, offset(0n))
  follower.close()
  scene.append('a')
  log.append(one('b'), 'never')
  expect(scene.read()).toMatchObject({ records: expected(['a', 'b']), damages: [] })
})

test('a writer that is killed in a roll leaves no torn snapshot of the producers', () => {
  for (let step = 0; step < 40; step++) {
    const scene = new PartitionScene(tiny)
    scene.append('a', 'b')
    const log = scene.open('killed')
    let count = 0
    scene.fileSystem.beforeOperation(({ process, isChange }) => {
      if (process === 'killed' && isChange && count++ === step) scene.fileSystem.kill('killed')
    })
    try {
      log.append(one('c'), 'never')
    } catch (error) {
      if (!(error instanceof GoneError)) throw error
    }
    for (const name of scene.names().filter((one) => one.endsWith('.snapshot'))) {
      expect(decodeProducerSnapshot(scene.bytes(`${directory}/${name}`)).kind, `step ${step}`).toBe('entries')
    }
  }
})
