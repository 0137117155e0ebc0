import { assert } from '../base/assert.ts'
import type { UnreadBytes } from './unread-bytes.ts'

/** Smaller ones are not worth keeping. */
export const bufferBytesMin = 64 * 1024

/** What is larger is rare. */
const bufferBytesMax = 4 * 1024 * 1024

/** So much waits to be used again. */
const freeBytesMax = 16 * 1024 * 1024

/** Memory that is lent. */
interface Lent {
  readonly memory: Uint8Array<ArrayBuffer>
  /** What is still to be read into it. */
  unread?: UnreadBytes
}

/**
 * Large buffers for requests that come and answers that go, used again afterwards: new memory costs more than what is copied into it. One that does
 * not come back, since somebody still looks at it or is gone, is left to the garbage collector.
 */
export class LentBuffers {
  readonly #make: (bytes: number) => Uint8Array<ArrayBuffer>
  /** By the logarithm of their size. */
  readonly #free: Uint8Array<ArrayBuffer>[][] = []
  readonly #lent = new WeakMap<ArrayBufferLike, Lent>()
  #freeBytes = 0

  /** `make` gives new memory, in a buffer that nobody else has. */
  constructor(make = (bytes: number): Uint8Array<ArrayBuffer> => new Uint8Array(bytes)) {
    this.#make = make
  }

  /** So many bytes, with whatever was in them before. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    if (bytes < bufferBytesMin || bytes > bufferBytesMax) return new Uint8Array(bytes)
    const memory = this.#freeFor(bytes) ?? this.#make(2 ** sizeClass(bytes))
    this.#lent.set(memory.buffer, { memory })
    return memory.subarray(0, bytes)
  }

  /** From now on what was taken here stands for bytes that were not read yet. */
  leaveUnread(taken: Uint8Array, unread: UnreadBytes): void {
    const lent = this.#lent.get(taken.buffer)
    assert(lent !== undefined, 'only what is lent here can be left unread')
    lent.unread = unread
  }

  /** What has to be read into `piece` before somebody looks at it. */
  unreadOf({ buffer }: Uint8Array): UnreadBytes | undefined {
    return buffer.byteLength < bufferBytesMin ? undefined : this.#lent.get(buffer)?.unread
  }

  /** Takes back what of `pieces` was lent here. Nobody may look at them any more. */
  give(pieces: readonly Uint8Array[]): void {
    for (const { buffer } of pieces) {
      if (buffer.byteLength < bufferBytesMin) continue
      const lent = this.#lent.get(buffer)
      if (lent === undefined) continue
      this.#lent.delete(buffer)
      if (this.#freeBytes + lent.memory.length <= freeBytesMax) this.#keep(lent.memory)
    }
  }

  #freeFor(bytes: number): Uint8Array<ArrayBuffer> | undefined {
    const memory = this.#free[sizeClass(bytes)]?.pop()
    if (memory !== undefined) this.#freeBytes -= memory.length
    return memory
  }

  #keep(memory: Uint8Array<ArrayBuffer>): void {
    const free = (this.#free[sizeClass(memory.length)] ??= [])
    free.push(memory)
    this.#freeBytes += memory.length
  }
}

/** The logarithm of the smallest power of two that holds so many bytes. */
function sizeClass(bytes: number): number {
  return 32 - Math.clz32(bytes - 1)
}
