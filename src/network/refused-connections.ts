import type { ByteStream } from './byte-stream.ts'

/** Who comes too soon again and again must not take the room of others. */
const keptMax = 1000

/** Connections that came too soon: each is kept waiting without being read, and then closed, so that its client comes again no sooner. */
export class RefusedConnections {
  readonly #kept = new Map<ByteStream, ReturnType<typeof setTimeout>>()

  /** How many are kept now. */
  get count(): number {
    return this.#kept.size
  }

  /** Closes `stream` after so long, in ms; at once when too many are kept. */
  keep(stream: ByteStream, refusalMs: number): void {
    if (this.#kept.size >= keptMax) {
      stream.close()
      return
    }
    this.#kept.set(
      stream,
      setTimeout(() => this.#close(stream), refusalMs),
    )
  }

  /** Closes all. */
  close(): void {
    for (const [stream, timer] of this.#kept) {
      clearTimeout(timer)
      this.#close(stream)
    }
  }

  #close(stream: ByteStream): void {
    this.#kept.delete(stream)
    stream.close()
  }
}
