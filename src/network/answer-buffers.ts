/** Bytes of one buffer: as much as one read of a partition gives. */
const bufferBytes = 1024 * 1024

/** As many wait to be used again. */
const freeMax = 8

/**
 * Large buffers for answers, used again once an answer has left the process: new memory costs more than what is copied into it. One that does not come
 * back, since its reader is slow or gone, is left to the garbage collector.
 */
export class AnswerBuffers {
  readonly #free: ArrayBuffer[] = []
  readonly #lent = new WeakSet<ArrayBufferLike>()

  /** At most `bytes` bytes, with whatever was in them before. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const buffer = this.#free.pop() ?? new ArrayBuffer(bufferBytes)
    this.#lent.add(buffer)
    return new Uint8Array(buffer, 0, Math.min(bytes, bufferBytes))
  }

  /** Takes back what of `pieces` was lent here. Nobody may look at them any more. */
  give(pieces: readonly Uint8Array[]): void {
    for (const { buffer } of pieces) {
      if (!this.#lent.delete(buffer) || this.#free.length >= freeMax) continue
      if (buffer instanceof ArrayBuffer) this.#free.push(buffer)
    }
  }
}
