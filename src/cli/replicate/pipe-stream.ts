import type { Readable, Writable } from 'node:stream'
import type { ByteStream, ByteStreamEvents } from '../../network/byte-stream.ts'

/** So much may wait for the other side before the sender is asked to, in bytes. */
const queuedBytesMax = 8 * 1024 * 1024

/** Two pipes as a connection: those of a child process, or our own standard streams. */
export class PipeStream implements ByteStream {
  readonly peer: string
  readonly #incoming: Readable
  readonly #outgoing: Writable
  readonly #onStop: () => void
  #events: ByteStreamEvents | undefined
  #isClosed = false

  /** `onStop` is called once, when the connection has ended. */
  constructor(peer: string, incoming: Readable, outgoing: Writable, onStop: () => void = () => undefined) {
    this.peer = peer
    this.#incoming = incoming
    this.#outgoing = outgoing
    this.#onStop = onStop
  }

  start(events: ByteStreamEvents): void {
    this.#events = events
    this.#incoming.on('data', (bytes: Uint8Array) => events.onBytes(bytes))
    this.#incoming.on('end', () => this.#stop())
    this.#incoming.on('close', () => this.#stop())
    this.#incoming.on('error', (error) => this.#stop(error))
    this.#outgoing.on('error', (error) => this.#stop(error))
  }

  send(pieces: readonly Uint8Array[]): void {
    if (this.#isClosed) return
    for (const piece of pieces) this.#outgoing.write(piece)
  }

  get queuedBytes(): number {
    return this.#outgoing.writableLength
  }

  drained(): Promise<void> {
    if (this.#isClosed || this.queuedBytes <= queuedBytesMax) return new Promise((resolve) => setImmediate(resolve))
    return new Promise((resolve) => {
      const done = (): void => {
        this.#outgoing.off('drain', done)
        this.#outgoing.off('close', done)
        resolve()
      }
      this.#outgoing.on('drain', done)
      this.#outgoing.on('close', done)
    })
  }

  pause(): void {
    this.#incoming.pause()
  }

  resume(): void {
    this.#incoming.resume()
  }

  close(): void {
    this.#stop()
  }

  #stop(cause?: unknown): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#outgoing.end()
    this.#incoming.destroy()
    this.#onStop()
    this.#events?.onClose(cause)
  }
}
