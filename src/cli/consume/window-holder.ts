import { type BatchWindow, kernelBatchWindow, plainBatchWindow } from '../../record/batch-window.ts'
import { createKernel } from '../../record/kernel/kernel.ts'

/** Has memory that batches are read into. */
export interface WindowHolder {
  /** The same until `growWindow` or `speedUp`. */
  readonly window: BatchWindow
  /** Makes the window at least this large; what was in it is lost. */
  growWindow(bytes: number): void
  /** Called once when more than a little is to be read: from now on speed counts, not the start. What was in the window is lost. */
  speedUp(): void
}

/** The first window: holds a batch of the default size, so that a look-up is one read. */
export const firstWindowBytes = 144 * 1024

/** From so many bytes on the fast kernel has paid for its start. */
export const fewBytesMax = 256 * 1024

/** The window of the fast kernel: stays in the processor's cache. */
const fastWindowBytes = 256 * 1024

/** A window that begins in plain memory and goes over to the fast kernel. */
export class StagedWindow implements WindowHolder {
  #isFast = false
  #window: BatchWindow

  constructor(bytes = firstWindowBytes) {
    this.#window = plainBatchWindow(bytes)
  }

  get window(): BatchWindow {
    return this.#window
  }

  growWindow(bytes: number): void {
    if (bytes > this.#window.bytes.length) this.#window = this.#make(Math.max(bytes, 2 * this.#window.bytes.length))
  }

  speedUp(): void {
    if (this.#isFast) return
    this.#isFast = true
    this.#window = this.#make(Math.max(fastWindowBytes, this.#window.bytes.length))
  }

  #make(bytes: number): BatchWindow {
    return this.#isFast ? kernelBatchWindow(createKernel({ memoryBytes: bytes })) : plainBatchWindow(bytes)
  }
}
