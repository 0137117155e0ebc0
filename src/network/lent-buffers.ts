import { assert } from '../base/assert.ts'
import type { UnreadBytes } from './unread-bytes.ts'

/** Smaller ones are not worth keeping. */
export const bufferBytesMin = 64 * 1024

/** What is larger is rare. */
const bufferBytesMax = 4 * 1024 * 1024

/** So much waits to be used again. */
const freeBytesMax = 16 * 1024 * 1024

/**
 * Large buffers for requests that come and answers that go, used again afterwards: new memory costs more than what is copied into it. One that does
 * not come back, since somebody still looks at it or is gone, is left to the garbage collector.
 */
export class LentBuffers {
  /** By the logarithm of their size. */
  readonly #free: ArrayBuffer[][] = []
  /** What is lent, with what is still to be read into it. */
  readonly #lent = new WeakMap<ArrayBufferLike, UnreadBytes | undefined>()
  #freeBytes = 0

  /** So many bytes, with whatever was in them before. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    if (bytes < bufferBytesMin || bytes > bufferBytesMax) return new Uint8Array(bytes)
    const buffer = this.#freeFor(bytes) ?? new ArrayBuffer(2 ** sizeClass(bytes))
    this.#lent.set(buffer, undefined)
    return new Uint8Array(buffer, 0, bytes)
  }

  /** From now on what was taken here stands for bytes that were not read yet. */
  leaveUnread(taken: Uint8Array, unread: UnreadBytes): void {
    assert(this.#lent.has(taken.buffer), 'only what is lent here can be left unread')
    this.#lent.set(taken.buffer, unread)
  }

  /** What has to be read into `piece` before somebody looks at it. */
  unreadOf({ buffer }: Uint8Array): UnreadBytes | undefined {
    return buffer.byteLength < bufferBytesMin ? undefined : this.#lent.get(buffer)
  }

  /** Takes back what of `pieces` was lent here. Nobody may look at them any more. */
  give(pieces: readonly Uint8Array[]): void {
    for (const { buffer } of pieces) {
      if (buffer.byteLength < bufferBytesMin || !this.#lent.delete(buffer)) continue
      if (buffer instanceof ArrayBuffer && this.#freeBytes + buffer.byteLength <= freeBytesMax) this.#keep(buffer)
    }
  }

  #freeFor(bytes: number): ArrayBuffer | undefined {
    const buffer = this.#free[sizeClass(bytes)]?.pop()
    if (buffer !== undefined) this.#freeBytes -= buffer.byteLength
    return buffer
  }

  #keep(buffer: ArrayBuffer): void {
    const free = (this.#free[sizeClass(buffer.byteLength)] ??= [])
    free.push(buffer)
    this.#freeBytes += buffer.byteLength
  }
}

/** The logarithm of the smallest power of two that holds so many bytes. */
function sizeClass(bytes: number): number {
  return 32 - Math.clz32(bytes - 1)
}
