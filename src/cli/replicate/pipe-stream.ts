import { closeSync } from 'node:fs'
import type { ByteStream, ByteStreamEvents } from '../../network/byte-stream.ts'
import { IncomingPipe } from './incoming-pipe.ts'
import { OutgoingPipe } from './outgoing-pipe.ts'

/** How long what the other side said last is waited for once it reads no more, in ms. */
const lastWordsMs = 1000

/** Two pipes as a connection: those of a child process, or our own standard streams. */
export class PipeStream implements ByteStream {
  readonly peer: string
  /** The buffer of an OpenSSH grows by copying itself. */
  readonly isCostlyToFill = true
  readonly #readEnd: number
  readonly #outgoing: OutgoingPipe
  #incoming: IncomingPipe | undefined
  #events: ByteStreamEvents | undefined
  #isClosed = false
  #writeFailure: unknown

  /** The descriptors of the two pipes, which are closed in the end. */
  constructor(peer: string, readEnd: number, writeEnd: number) {
    this.peer = peer
    this.#readEnd = readEnd
    this.#outgoing = new OutgoingPipe(writeEnd, (error) => this.#stopAtEnd(error))
  }

  start(events: ByteStreamEvents): void {
    this.#events = events
    this.#incoming = new IncomingPipe(this.#readEnd, { ...events, onClose: (cause) => this.#stop(cause) })
  }

  send(pieces: readonly Uint8Array[], onSent?: () => void): void {
    this.#outgoing.send(pieces, onSent)
  }

  get openSocket(): number | undefined {
    return this.#outgoing.openEnd
  }

  get queuedBytes(): number {
    return this.#outgoing.queuedBytes
  }

  drained(): Promise<void> {
    return this.#outgoing.drained()
  }

  pause(): void {
    this.#incoming?.pause()
  }

  resume(): void {
    this.#incoming?.resume()
  }

  close(): void {
    this.#stop()
  }

  /** The other side reads no more. What it said before that, and why it went, may still be in its pipe: that is read to its end first. */
  #stopAtEnd(cause: unknown): void {
    if (this.#incoming === undefined) return this.#stop(cause)
    this.#writeFailure = cause
    setTimeout(() => this.#stop(cause), lastWordsMs).unref()
  }

  #stop(cause: unknown = this.#writeFailure): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#outgoing.close()
    if (this.#incoming === undefined) closeSync(this.#readEnd)
    else this.#incoming.close()
    this.#events?.onClose(cause)
  }
}
