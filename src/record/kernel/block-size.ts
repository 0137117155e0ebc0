import { assert } from '../../base/assert.ts'
import type { BlockTask } from './kernel.ts'

/** The most that a block compressor takes: it keeps places as uint16. */
export const blockBytesMax = 65_536

export function assertBlockSize({ start, end }: BlockTask): void {
  assert(end - start <= blockBytesMax, `a block of ${end - start} bytes to compress, ${blockBytesMax} at most`)
}
