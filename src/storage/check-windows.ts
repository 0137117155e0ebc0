import { type BatchWindow, plainBatchWindow } from '../record/batch-window.ts'

/** So many bytes are checked in less time than it takes to make a fast window. */
const plainBytesMax = 256 * 1024
const plainBytesMin = 4 * 1024

/** Gives memory to check so many bytes of a segment with. */
export type CheckWindows = (bytes: number) => BatchWindow

/**
 * Memory to check one segment after the other with: `makeWindow` is called for the first one that has much, since a server opens a thousand partitions
 * that have next to nothing. The window that was given before is void.
 */
export function checkWindows(makeWindow: (() => BatchWindow) | undefined): CheckWindows {
  let fast: BatchWindow | undefined
  return (bytes) => {
    if (fast === undefined && bytes > plainBytesMax) fast = makeWindow?.()
    return fast ?? plainBatchWindow(Math.min(Math.max(bytes, plainBytesMin), plainBytesMax))
  }
}
