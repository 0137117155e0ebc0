import { type Offset, offset } from '../base/brands.ts'
import type { OpenFile } from '../disk/file-system.ts'
import { BatchPeeker } from './batch-peek.ts'

/** Whole batches where they lie in the `.log` of a segment, which stays open until the reader that told is asked for anything else. */
export interface FileRange {
  readonly file: OpenFile
  readonly position: number
  readonly bytes: number
  readonly nextOffset: Offset
}

/** What a range may hold. */
export interface RangeLimits {
  readonly bytesMax: number
  /** No record at or above it. */
  readonly endOffset: Offset
}

/** So many heads are looked at, one by one, to say where a range ends: where it takes more, reading it all costs less. */
const headsMax = 64

/** Shorter ranges are read as fast as their heads. */
const bytesMin = 64 * 1024

/**
 * The whole batches of `file` from `position` on that lie within `limits`, the first of which holds `nextOffset`. Only their heads are looked at. `undefined`
 * when there are none, or none that are as they should be, or when they are too small for this.
 */
export function findRange(
  file: OpenFile,
  { position, nextOffset }: { readonly position: number; readonly nextOffset: Offset },
  { bytesMax, endOffset }: RangeLimits,
): FileRange | undefined {
  const peeker = new BatchPeeker(file)
  const limit = Math.min(position + bytesMax, file.size())
  let end = position
  let next = nextOffset
  for (let heads = 0; heads < headsMax; heads++) {
    const batch = peeker.at(end)
    if (batch === undefined || batch.lastOffset < next || batch.lastOffset >= endOffset) break
    if (end + batch.sizeInBytes > limit || 2 * headsMax * batch.sizeInBytes < bytesMax) break
    end += batch.sizeInBytes
    next = offset(batch.lastOffset + 1n)
  }
  return end - position < bytesMin ? undefined : { file, position, bytes: end - position, nextOffset: next }
}
