import { type BatchWindow, kernelBatchWindow } from '../../record/batch-window.ts'
import { createKernel } from '../../record/kernel/kernel.ts'

/** Small enough to stay in a processor's cache; a batch that it cuts in two is not read again. */
const windowBytes = 256 * 1024

/** Memory for one thread that checks segments. */
export function verifyWindow(): BatchWindow {
  return kernelBatchWindow(createKernel({ memoryBytes: windowBytes }))
}
