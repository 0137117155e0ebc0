import type { Offset } from '../base/brands.ts'
import { scanBatch } from '../record/log-batch.ts'

/** The offset after the last of whole batches, one after the other in `bytes`; `undefined` when there is none. Looks at their heads alone. */
export function endOfBatches(bytes: Uint8Array): Offset | undefined {
  let end: Offset | undefined
  for (let at = 0; ;) {
    const scanned = scanBatch(bytes, at, bytes.length)
    if (scanned.kind !== 'batch') return end
    end = scanned.batch.nextOffset
    at += scanned.batch.sizeInBytes
  }
}
