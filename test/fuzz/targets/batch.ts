import { leaderEpoch } from '../../../src/base/brands.ts'
import { checkBatch } from '../../../src/broker/batch-validation.ts'
import { decompress } from '../../../src/record/compression/compression.ts'
import type { BatchWalk } from '../../../src/record/kernel/batch-walk.ts'
import { createKernel, type Kernel } from '../../../src/record/kernel/kernel.ts'
import { type LogBatch, scanBatch } from '../../../src/record/log-batch.ts'
import { forEachRecord } from '../../../src/record/records.ts'
import { resolveTopicConfig } from '../../../src/storage/topic-configs.ts'
import { crc32c } from '../../../src/wire/crc32c.ts'
import { type FuzzTarget, tried } from '../fuzz-target.ts'
import { batchSeeds, mendBatch } from './batch-seeds.ts'

const bytesMax = 4096
const config = resolveTopicConfig(new Map())
const compacted = resolveTopicConfig(new Map([['cleanup.policy', 'compact']]))
let kernels: readonly Kernel[] | undefined

/** Batches as a log has them, one after the other; the first one also as a client sends it. */
export const batch: FuzzTarget = {
  name: 'batch',
  bytesMax,
  seeds: () => {
    const seeds = batchSeeds()
    return [
      ...seeds,
      ...seeds.map((seed, at) => new Uint8Array(Buffer.concat([seed, seeds[(at + 3) % seeds.length] as Uint8Array]))),
    ]
  },
  mend: mendBatch,
  run: (bytes) => {
    for (let at = 0; at < bytes.length;) {
      const scanned = scanBatch(bytes, at, bytes.length)
      if (scanned.kind !== 'batch') break
      look(scanned.batch)
      at += scanned.batch.sizeInBytes
    }
    walkAlike(bytes)
    for (const one of [config, compacted]) {
      const rules = { config: one, apiVersion: 11, now: 1_700_000_000_000, crc32c }
      const taken = tried(() => checkBatch(bytes.slice(), rules))
      // Whatever a client may have put into a log, everybody who reads it can read.
      if (taken !== undefined) forEachRecord(taken, (record) => void record.headers(), { decompress })
    }
  },
}

/** What the log and its readers ask of a batch; where the middle of one must be looked into for it, that may be damaged. */
function look(one: LogBatch): void {
  tried(() => [one.codec, one.baseTimestamp, one.maxTimestamp, one.recordCount, one.isCrcValid()])
  const offsets = tried(() => [one.baseOffset, one.lastOffset, one.nextOffset] as const)
  if (one.magic !== 2 || offsets === undefined) return
  const [baseOffset, lastOffset, nextOffset] = offsets
  if (lastOffset - baseOffset !== BigInt(one.lastOffsetDelta) || nextOffset !== lastOffset + 1n)
    throw new Error(`offsets ${baseOffset} ${lastOffset} ${nextOffset}`)
}

/** The kernel and its plain twin take the same batches. */
function walkAlike(bytes: Uint8Array): void {
  kernels ??= [
    createKernel({ memoryBytes: 2 * bytesMax, kind: 'simd' }),
    createKernel({ memoryBytes: 2 * bytesMax, kind: 'plain' }),
  ]
  if (bytes.length < 16) return
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const nextOffset = view.getBigInt64(0)
  // No log has negative offsets, so no walk begins with one.
  if (nextOffset < 0n) return
  const epoch = leaderEpoch(view.getInt32(12))
  const [one, other] = kernels.map((kernel) => {
    kernel.memory.set(bytes)
    const walk: BatchWalk = {
      position: 0,
      end: bytes.length,
      nextOffset,
      endOffset: 2n ** 63n - 1n,
      leaderEpoch: epoch,
    }
    const { count, records, sizes, maxTimestamps } = kernel.walkBatches(walk)
    return `${count} ${records} ${sizes.slice(0, count).join()} ${maxTimestamps.slice(0, count).join()}`
  })
  if (one !== other) throw new Error(`the kernels walk otherwise: ${one} and ${other}`)
}
