import type { ByteStream, ByteStreamEvents } from './byte-stream.ts'

/** A connection that somebody else goes on with: whoever listened to it before passes on what comes. */
export class HandedOverStream implements ByteStream {
  readonly #stream: ByteStream
  readonly #close: () => void
  /** What came and nobody has heard yet. */
  #unheard: Uint8Array[] = []
  #events: ByteStreamEvents | undefined
  #end: { readonly cause: unknown } | undefined

  /** `stream` was started, and its events come to `take` and `ended` from now on. `close` ends it. */
  constructor(stream: ByteStream, close: () => void) {
    this.#stream = stream
    this.#close = close
  }

  get peer(): string {
    return this.#stream.peer
  }

  start(events: ByteStreamEvents): void {
    // As with a socket nothing comes before who starts it has returned.
    queueMicrotask(() => {
      this.#events = events
      for (const bytes of this.#unheard.splice(0)) events.onBytes(bytes)
      if (this.#end !== undefined) events.onClose(this.#end.cause)
    })
  }

  /** Bytes came. */
  take(bytes: Uint8Array): void {
    if (this.#events === undefined) this.#unheard.push(bytes)
    else this.#events.onBytes(bytes)
  }

  /** The connection has ended. */
  ended(cause: unknown): void {
    if (this.#end !== undefined) return
    this.#end = { cause }
    this.#events?.onClose(cause)
  }

  send(pieces: readonly Uint8Array[], onSent?: () => void): void {
    this.#stream.send(pieces, onSent)
  }

  get queuedBytes(): number {
    return this.#stream.queuedBytes
  }

  drained(): Promise<void> {
    return this.#stream.drained()
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  close(): void {
    this.#close()
  }
}
