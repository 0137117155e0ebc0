import { workerData } from 'node:worker_threads'
import type { CompressionCodec } from '../../record/codec.ts'
import { BatchCompressor } from '../../record/batch-compressor.ts'
import { GarbageCollector } from './garbage-collector.ts'
import { CompressionRing, type CompressionRingHandle } from './compression-ring.ts'

// Entry of a thread that compresses batches for `CompressionPool` until its ring is closed.

export interface CompressionWorkerData {
  readonly handle: CompressionRingHandle
  readonly codec: CompressionCodec
  readonly level: number | undefined
}

const { handle, codec, level } = workerData as CompressionWorkerData
const ring = new CompressionRing(handle)
const compressor = new BatchCompressor({ codec, level })
const collector = new GarbageCollector()
ring.announce()
for (let slot = ring.claim(); slot !== undefined; slot = ring.claim()) {
  ring.answer(slot, compressed(slot))
  collector.batchDone()
}

/** Nothing when it cannot be: the owner compresses the batch then, and hears the error itself. */
function compressed(slot: number): Uint8Array | undefined {
  try {
    return compressor.compress(ring.input(slot))
  } catch {
    return undefined
  }
}
