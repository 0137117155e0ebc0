import { type BatchWindow, frontOf, kernelBatchWindow, plainBatchWindow } from '../../record/batch-window.ts'
import { createKernel } from '../../record/kernel/kernel.ts'

/** Has memory that batches are read into. */
export interface WindowHolder {
  /** The same until `growWindow` or `speedUp`. */
  readonly window: BatchWindow
  /** Makes the window at least this large; what was in it is lost. */
  growWindow(bytes: number): void
}

/** A window that can be made faster. */
export interface StagedWindowHolder extends WindowHolder {
  /** From now on speed counts, not the start: called when more than a little is to be read. What was in the window is lost. */
  speedUp(): void
}

/** The first window: a few small batches, with which plain code is done before the fast kernel would have started. */
export const firstWindowBytes = 16 * 1024

/** From so many bytes on, also of a single batch, the fast kernel is worth its start of a millisecond or two. */
export const fewBytesMax = 16 * 1024

/** The window of the fast kernel: stays in the processor's cache. */
export const fastWindowBytes = 256 * 1024

/** A window in plain memory: for many partitions at once, which cannot have a kernel each. */
export class PlainWindow implements WindowHolder {
  window: BatchWindow

  constructor(bytes: number) {
    this.window = plainBatchWindow(bytes)
  }

  growWindow(bytes: number): void {
    this.window = plainBatchWindow(Math.max(bytes, 2 * this.window.bytes.length))
  }
}

/** A window that begins in plain memory and goes over to the fast kernel. */
export class StagedWindow implements StagedWindowHolder {
  /** The fast kernel's; `undefined` before there is one. */
  #whole: BatchWindow | undefined
  /** Made when it is asked for: many a window is not. */
  #window: BatchWindow | undefined

  get window(): BatchWindow {
    return (this.#window ??= plainBatchWindow(firstWindowBytes))
  }

  growWindow(bytes: number): void {
    this.#window = frontOf(this.#fast(bytes), bytes)
  }

  speedUp(): void {
    this.#window = this.#fast(0)
  }

  #fast(bytes: number): BatchWindow {
    const before = this.#whole
    if (before !== undefined && bytes <= before.bytes.length) return before
    const memoryBytes = Math.max(bytes, 2 * (before?.bytes.length ?? 0), fastWindowBytes)
    return (this.#whole = kernelBatchWindow(createKernel({ memoryBytes })))
  }
}
