import { closeSync, writev } from 'node:fs'
import { errorCode } from '../../base/errors.ts'
import { nativeCalls } from '../../disk/native-calls.ts'

/** A pipe holds so much while its reader is busy, in bytes: the most that Linux gives to everybody. */
export const pipeBytes = 1024 * 1024

/** So few bytes are written by the thread that has them. */
const smallBytes = 4096

/** Until a pipe is tried again that does not wait, in ms: at first, and in the end. */
export const notYetMs = 1
const notYetMsMax = 16

/** Whether a pipe was to be read or written that does not wait. */
export function isNotYet(error: unknown): boolean {
  return errorCode(error) === 'EAGAIN' || errorCode(error) === 'EINTR'
}

/** Pieces that go together, and who is to be told. */
interface Sending {
  readonly pieces: readonly Uint8Array[]
  readonly onSent: (() => void) | undefined
}

/** The end of a pipe that is written. Another thread writes, which a full pipe keeps waiting; what comes meanwhile goes in one piece after it. */
export class OutgoingPipe {
  #fd: number
  readonly #onFailure: (error: unknown) => void
  readonly #isNonBlocking: boolean
  #waiting: Sending[] = []
  #queuedBytes = 0
  #isWriting = false
  #isClosing = false
  #wakers: (() => void)[] = []

  /** Takes `fd` over. `onFailure` is told when nothing can be written any more. */
  constructor(fd: number, onFailure: (error: unknown) => void) {
    this.#fd = fd
    this.#onFailure = onFailure
    nativeCalls()?.setPipeSize(fd, pipeBytes)
    this.#isNonBlocking = nativeCalls()?.setNonBlocking(fd) === true
  }

  /** The descriptor, while nothing is queued and a write to it would not wait. */
  get openEnd(): number | undefined {
    return this.#isNonBlocking && !this.#isClosing && this.#queuedBytes === 0 ? this.#fd : undefined
  }

  /** Bytes that are not in the pipe yet. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Writes pieces in their order; `onSent` is called when they may be changed again. */
  send(pieces: readonly Uint8Array[], onSent?: () => void): void {
    if (this.#isClosing) return
    const left = behind(pieces, this.#writeNow(pieces))
    if (left.length === 0 && this.#queuedBytes === 0) return onSent?.()
    this.#waiting.push({ pieces: left, onSent })
    this.#queuedBytes += bytesOf(left)
    if (!this.#isWriting) this.#writeWaiting()
  }

  /** Resolves when all is in the pipe, or nothing ever gets there. */
  drained(): Promise<void> {
    if (this.#queuedBytes === 0) return Promise.resolve()
    return new Promise((resolve) => this.#wakers.push(resolve))
  }

  /** Writes no more, and says so to the reader. */
  close(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    if (!this.#isWriting) this.#closeNow()
  }

  /** Little is written at once where that does not wait: another thread takes longer to wake. Returns how many bytes. */
  #writeNow(pieces: readonly Uint8Array[]): number {
    const fd = this.openEnd
    if (fd === undefined || this.#isWriting || bytesOf(pieces) > smallBytes) return 0
    let written = 0
    for (const piece of pieces) {
      const taken = piece.length === 0 ? 0 : (nativeCalls()?.sendAhead(fd, piece) ?? 0)
      written += taken
      if (taken < piece.length) break
    }
    return written
  }

  #writeWaiting(): void {
    const sendings = this.#waiting
    this.#waiting = []
    this.#isWriting = true
    this.#write(
      sendings.flatMap(({ pieces }) => pieces).filter((piece) => piece.length > 0),
      () => {
        for (const { onSent } of sendings) onSent?.()
      },
    )
  }

  #write(pieces: readonly Uint8Array[], onWritten: () => void, pauseMs = notYetMs): void {
    writev(this.#fd, pieces, null, (error, written) => {
      if (isNotYet(error)) {
        setTimeout(() => this.#write(pieces, onWritten, Math.min(2 * pauseMs, notYetMsMax)), pauseMs)
        return
      }
      if (error !== null) return this.#fail(error)
      this.#queuedBytes -= written
      const left = behind(pieces, written)
      if (left.length > 0 && !this.#isClosing) return this.#write(left, onWritten)
      onWritten()
      this.#isWriting = false
      if (this.#isClosing) this.#closeNow()
      else if (this.#waiting.length > 0) this.#writeWaiting()
      else this.#wake()
    })
  }

  #fail(error: unknown): void {
    const wasClosing = this.#isClosing
    this.#isClosing = true
    this.#closeNow()
    if (!wasClosing) this.#onFailure(error)
  }

  #closeNow(): void {
    closeSync(this.#fd)
    this.#fd = -1
    this.#queuedBytes = 0
    this.#wake()
  }

  #wake(): void {
    const wakers = this.#wakers
    this.#wakers = []
    for (const wake of wakers) wake()
  }
}

function bytesOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0)
}

/** What is left of `pieces` behind so many bytes. */
function behind(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skipped = bytes
  const left: Uint8Array[] = []
  for (const piece of pieces) {
    if (skipped < piece.length) left.push(piece.subarray(skipped))
    skipped = Math.max(0, skipped - piece.length)
  }
  return left
}
