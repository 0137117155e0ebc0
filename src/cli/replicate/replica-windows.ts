import { BatchWindows } from '../../record/batch-windows.ts'

/** Bytes that one fetch gives at most, but for a single batch that is larger. */
export const fetchBytes = 512 * 1024
/** A frame says more than its batches: its length, whose answer it is. */
const frameHeadBytes = 4096

/** Memory of the batches of one copy. */
export function replicaWindows(): BatchWindows {
  return new BatchWindows(fetchBytes + frameHeadBytes)
}
