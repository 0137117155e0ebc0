import { MalformedMessageError } from '../base/errors.ts'

/** Bytes of the length in front of each frame. */
const prefixBytes = 4

/** For a frame that has begun, so many times the bytes that came are set aside at once. */
const aheadTimes = 16

/** And no more than this. */
const aheadMax = 4 * 1024 * 1024

/** Where frames are put together that come in several pieces. */
export interface FrameMemory {
  /** So many bytes or more, with whatever in them. */
  take(bytes: number): Uint8Array
  /** Takes back what nobody looks at any more. */
  give(pieces: readonly Uint8Array[]): void
}

const newMemory: FrameMemory = {
  take: (bytes) => new Uint8Array(bytes),
  give: () => undefined,
}

/**
 * Cuts a stream into frames: int32 length, then so many bytes. Memory is bounded by the bytes that came, never by a length that is only
 * claimed: the buffer of a large frame grows as it fills.
 */
export class FrameReader {
  readonly #sizeMax: () => number
  readonly #onFrame: (frame: Uint8Array) => void
  readonly #memory: FrameMemory
  /** The beginning of a frame, in the front of it. */
  #held: Uint8Array = new Uint8Array(0)
  #heldBytes = 0

  /** `sizeMax`: bytes of the largest frame now. What is pushed must not change any more: frames may be views of it. */
  constructor(sizeMax: number | (() => number), onFrame: (frame: Uint8Array) => void, memory = newMemory) {
    this.#sizeMax = typeof sizeMax === 'number' ? () => sizeMax : sizeMax
    this.#onFrame = onFrame
    this.#memory = memory
  }

  /** Bytes of a frame that has begun and is not whole. */
  get pendingBytes(): number {
    return this.#heldBytes
  }

  /** Where the rest of the frame that has begun belongs: whoever puts bytes there pushes the front of it, and nothing is copied. */
  space(): Uint8Array | undefined {
    if (this.#heldBytes <= prefixBytes) return undefined
    const end = Math.min(this.#held.length, prefixBytes + this.#sizeAt(this.#held, 0))
    return end > this.#heldBytes ? this.#held.subarray(this.#heldBytes, end) : undefined
  }

  /** Gives every frame that is whole now to `onFrame`. Throws `MalformedMessageError` for a length that no frame has. */
  push(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length || this.#isWhole()) {
      if (this.#heldBytes === 0) {
        at = this.#passWhole(bytes, at)
        if (at === bytes.length) return
      }
      at += this.#hold(bytes, at)
      if (this.#isWhole()) this.#passHeld()
      else if (at === bytes.length) return
    }
  }

  /** Passes on the frames that lie whole in `bytes`; returns where the rest begins. */
  #passWhole(bytes: Uint8Array, start: number): number {
    let at = start
    while (bytes.length - at >= prefixBytes) {
      const end = at + prefixBytes + this.#sizeAt(bytes, at)
      if (end > bytes.length) break
      this.#onFrame(bytes.subarray(at + prefixBytes, end))
      at = end
    }
    return at
  }

  /** Keeps what belongs to the frame that has begun; returns how many bytes. */
  #hold(bytes: Uint8Array, at: number): number {
    const wanted = this.#heldBytes < prefixBytes ? prefixBytes : prefixBytes + this.#sizeAt(this.#held, 0)
    const taken = Math.min(wanted - this.#heldBytes, bytes.length - at)
    this.#makeRoom(this.#heldBytes + taken, wanted)
    if (!isInPlace(this.#held, this.#heldBytes, bytes)) this.#held.set(bytes.subarray(at, at + taken), this.#heldBytes)
    this.#heldBytes += taken
    return taken
  }

  #makeRoom(needed: number, wanted: number): void {
    if (needed <= this.#held.length) return
    const ahead = Math.max(2 * this.#held.length, Math.min(aheadTimes * needed, aheadMax))
    const grown = this.#memory.take(Math.max(needed, Math.min(wanted, ahead)))
    grown.set(this.#held.subarray(0, this.#heldBytes))
    this.#memory.give([this.#held])
    this.#held = grown
  }

  #isWhole(): boolean {
    if (this.#heldBytes < prefixBytes) return false
    return this.#heldBytes === prefixBytes + this.#sizeAt(this.#held, 0)
  }

  #passHeld(): void {
    const frame = this.#held.subarray(prefixBytes, this.#heldBytes)
    this.#held = new Uint8Array(0)
    this.#heldBytes = 0
    this.#onFrame(frame)
  }

  #sizeAt(bytes: Uint8Array, at: number): number {
    const size =
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    const sizeMax = this.#sizeMax()
    if (size >= 0 && size <= sizeMax) return size
    throw new MalformedMessageError(`a frame of ${size} bytes is announced, ${sizeMax} are allowed`, 0)
  }
}

/** Whether `bytes` are what stands in `held` from `start` on. */
function isInPlace(held: Uint8Array, start: number, bytes: Uint8Array): boolean {
  return bytes.buffer === held.buffer && bytes.byteOffset === held.byteOffset + start
}
