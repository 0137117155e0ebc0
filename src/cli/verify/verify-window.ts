import { type BatchWindow, kernelBatchWindow } from '../../record/batch-window.ts'
import { createKernel } from '../../record/kernel/kernel.ts'

/** Large enough that few batches are read twice, small enough to stay in a processor's cache. */
const windowBytes = 1024 * 1024

/** Memory for one thread that checks segments. */
export function verifyWindow(): BatchWindow {
  return kernelBatchWindow(createKernel({ memoryBytes: windowBytes }))
}
