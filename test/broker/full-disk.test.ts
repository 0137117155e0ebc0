import { describe, expect, test } from 'vitest'
import type { Offset } from '../../src/base/brands.ts'
import { DiskError } from '../../src/base/errors.ts'
import { seededRandom } from '../../src/base/random.ts'
import { Partition } from '../../src/broker/partition.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { LentBuffers } from '../../src/network/lent-buffers.ts'
import type { OfferOutcome } from '../../src/storage/batch-offer.ts'
import { LogDirectory } from '../../src/storage/log-directory.ts'
import { WriteStateFile } from '../../src/storage/write-state-file.ts'
import { crc32c } from '../../src/wire/crc32c.ts'
import { sequenced } from '../storage/sequenced-batches.ts'
import { T0 } from '../support/batches.ts'

const inSegment = (path: string): boolean => path.includes('/t-0/0')

/** One partition of a broker on a disk in memory. */
class FullDiskScene {
  readonly disk: MemoryFileSystem
  readonly partition: Partition
  readonly told: string[] = []
  nowMs = 0
  #syncsBegin: Promise<unknown> = Promise.resolve()

  constructor(capacityBytes = Infinity, configs: readonly (readonly [string, string])[] = []) {
    this.disk = new MemoryFileSystem({ capacityBytes, comesToSync: () => this.#syncsBegin })
    const directory = LogDirectory.openToWrite({
      fileSystem: this.disk,
      clock: { now: () => T0 },
      random: seededRandom(1),
      path: '/log',
      lockWaitMs: 0,
      isServer: true,
    })
    directory.createTopic({ name: 't', partitionCount: 1, configs: new Map(configs) })
    this.partition = new Partition(
      { topic: 't', partition: 0 },
      {
        directory,
        fileSystem: this.disk,
        flushPolicy: 'sync',
        buffers: new LentBuffers((bytes) => new Uint8Array(bytes)),
        crc32c,
        onDamage: ({ reason }) => this.told.push(reason),
        onCommit: () => undefined,
        onAppendHealth: (_, failure) => this.told.push(failure?.code ?? 'well'),
        elapsedMs: () => this.nowMs,
      },
    )
  }

  /** The batch of an idempotent producer. */
  offer(baseSequence: number, producerId = 7n): Promise<OfferOutcome | DiskError> {
    return this.partition.append(sequenced(baseSequence, { producerId })).catch((error: unknown) => error as DiskError)
  }

  /** The second one finds no room while the first, which did, is being synced. */
  async offerDuringSync(first: number, second: number): Promise<(OfferOutcome | DiskError)[]> {
    let begin = (): void => undefined
    this.#syncsBegin = new Promise<void>((resolve) => (begin = resolve))
    const outcomes = [this.offer(first)]
    await turn()
    const heal = this.disk.failOn(({ name, path }) =>
      name === 'write' && path.endsWith('.log') ? { code: 'ENOSPC' } : undefined,
    )
    outcomes.push(this.offer(second))
    await turn()
    heal()
    begin()
    return Promise.all(outcomes)
  }

  isMarkedAsFailed(): boolean {
    const file = WriteStateFile.find(this.disk, '/log/t-0')
    file?.read()
    file?.close()
    return file?.hasFailedSync === true
  }

  /** Base offsets of all batches that consumers see. */
  batches(): Offset[] {
    const found: Offset[] = []
    const { highWatermark, logStartOffset } = this.partition.offsets()
    for (let at = logStartOffset; at < highWatermark; at = (at + 1n) as Offset) {
      const bytes = this.partition.read({ fetchOffset: at, endOffset: highWatermark, bytesMax: 1, mayExceed: true })
      expect(bytes.length, `nothing at ${at}`).toBeGreaterThan(0)
      found.push(at)
    }
    return found
  }

  /** Appends one after the other until there is no room; the number of those that were acknowledged. */
  async fill(): Promise<number> {
    for (let sequence = 0; ; sequence++) {
      const outcome = await this.offer(sequence)
      if (outcome instanceof DiskError) return sequence
    }
  }
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

const ballast = '/log/ballast'
function write(disk: MemoryFileSystem, path: string, bytes: number): void {
  const file = disk.open(path, 'create')
  file.write(new Uint8Array(bytes), 0)
  file.close()
}

describe('a partition whose disk was full', () => {
  test.each([0, 1, 40, 68])(
    'takes appends again once there is room; %i bytes of one came through',
    async (partialBytes) => {
      const scene = new FullDiskScene()
      expect(await scene.offer(0)).toMatchObject({ kind: 'appended', baseOffset: 0n })
      const heal = scene.disk.failOn(({ name, path }) =>
        name === 'write' && path.endsWith('.log') ? { code: 'ENOSPC', partialBytes } : undefined,
      )
      expect(await scene.offer(1)).toMatchObject({ code: 'ENOSPC' })
      expect(scene.batches()).toEqual([0n])
      scene.nowMs += 10_000
      expect(await scene.offer(1)).toMatchObject({ code: 'ENOSPC' })
      heal()
      scene.nowMs += 10_000
      // What its producer had sent is known as before.
      expect(await scene.offer(0)).toMatchObject({ kind: 'duplicate', baseOffset: 0n })
      expect(await scene.offer(2)).toMatchObject({ kind: 'out-of-order', expectedSequence: 1 })
      expect(await scene.offer(1)).toMatchObject({ kind: 'appended', baseOffset: 1n })
      expect(scene.batches()).toEqual([0n, 1n])
      expect(scene.told).toEqual(['ENOSPC', 'well'])
      scene.partition.close()
      // The lock of the directory.
      expect(scene.disk.openFileCount).toBe(1)
    },
  )

  test('is left alone until room was made, and is tried now and then even if none shows', async () => {
    const scene = new FullDiskScene()
    let writes = 0
    scene.disk.failOn(({ name, path }) => {
      if (name !== 'write' || !path.endsWith('.log')) return undefined
      writes++
      return { code: 'EDQUOT' }
    })
    for (let i = 0; i < 100; i++) {
      await scene.offer(0)
      scene.nowMs += 40
    }
    expect(writes).toBe(1)
    scene.nowMs += 5_000
    await scene.offer(0)
    expect(writes).toBe(2)
  })

  test('acknowledges what it has appended before, once it is on the disk', async () => {
    const scene = new FullDiskScene()
    await scene.offer(0)
    const [first, second] = await scene.offerDuringSync(1, 2)
    expect(first).toMatchObject({ kind: 'appended', baseOffset: 1n })
    expect(second).toMatchObject({ code: 'ENOSPC' })
    expect(scene.batches()).toEqual([0n, 1n])
  })

  test('acknowledges those of several sent at once that found room', async () => {
    const scene = new FullDiskScene()
    let writes = 0
    const heal = scene.disk.failOn(({ name, path }) =>
      name === 'write' && path.endsWith('.log') && ++writes > 2 ? { code: 'ENOSPC' } : undefined,
    )
    const outcomes = await Promise.all([0, 1, 2, 3].map((sequence) => scene.offer(sequence)))
    expect(outcomes).toMatchObject([{ kind: 'appended' }, { kind: 'appended' }, { code: 'ENOSPC' }, { code: 'ENOSPC' }])
    heal()
    scene.nowMs += 10_000
    expect(await scene.offer(2)).toMatchObject({ kind: 'appended', baseOffset: 2n })
    expect(scene.batches()).toEqual([0n, 1n, 2n])
  })

  test('stays closed for appends when a sync has failed meanwhile', async () => {
    const scene = new FullDiskScene()
    await scene.offer(0)
    const heal = scene.disk.failOn(({ name, path }) =>
      name === 'sync' && path.endsWith('.log') ? { code: 'EIO' } : undefined,
    )
    const outcomes = await scene.offerDuringSync(1, 2)
    expect(outcomes).toMatchObject([{ action: 'sync', code: 'EIO' }, { code: 'ENOSPC' }])
    heal()
    scene.nowMs += 10_000
    expect(await scene.offer(1)).toMatchObject({ action: 'sync', code: 'EIO' })
    expect(scene.batches()).toEqual([0n])
    // Whoever opens it next does not believe what the page cache says.
    scene.partition.close()
    expect(scene.isMarkedAsFailed()).toBe(true)
  })

  test('may have its records deleted to make room', async () => {
    const scene = new FullDiskScene()
    await scene.offer(0)
    scene.disk.failOn(({ name, path }) => (name === 'write' && path.endsWith('.log') ? { code: 'ENOSPC' } : undefined))
    await scene.offer(1)
    expect(scene.partition.deleteRecords(1n as Offset)).toBe(1n)
  })

  test('of whatever size it is goes on where it was: nothing acknowledged is lost, and nothing is there twice', async () => {
    for (let capacityBytes = 900; capacityBytes < 5_000; capacityBytes += 89) {
      const scene = new FullDiskScene(capacityBytes + 600, [
        ['segment.bytes', '400'],
        ['index.interval.bytes', '100'],
      ])
      write(scene.disk, ballast, 600)
      const acknowledged = await scene.fill()
      expect(scene.batches().length, `${capacityBytes} bytes`).toBeGreaterThanOrEqual(acknowledged)
      scene.disk.remove(ballast)
      scene.nowMs += 200
      // As an idempotent producer does, it sends again what it heard nothing good of.
      const again = await scene.offer(acknowledged)
      expect(again, `${capacityBytes} bytes`).toMatchObject({ baseOffset: BigInt(acknowledged) })
      expect(scene.batches(), `${capacityBytes} bytes`).toEqual(
        Array.from({ length: acknowledged + 1 }, (_, at) => BigInt(at)),
      )
      scene.partition.close()
    }
  })
})

test('a write of an index that finds no room leaves no batch behind that its client was told is not there', async () => {
  const scene = new FullDiskScene(Infinity, [['index.interval.bytes', '100']])
  await scene.offer(0)
  await scene.offer(1)
  const heal = scene.disk.failOn(({ name, path }) =>
    name === 'write' && inSegment(path) && path.endsWith('index') ? { code: 'ENOSPC' } : undefined,
  )
  let sequence = 2
  while (!((await scene.offer(sequence)) instanceof DiskError)) sequence++
  expect(scene.partition.offsets().logEndOffset).toBe(BigInt(sequence))
  heal()
  scene.nowMs += 10_000
  expect(await scene.offer(0, 8n)).toMatchObject({ kind: 'appended', baseOffset: BigInt(sequence) })
})
