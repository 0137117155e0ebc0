import type { ByteStream, ByteStreamEvents } from '../../src/network/byte-stream.ts'

/** What a stream does to bytes on their way, such as to cut it: returns what arrives, and whether the connection ends behind it. */
export type Fault = (bytes: Uint8Array) => { readonly bytes: Uint8Array; readonly isCut: boolean }

/** Two ends of a connection in this process; `fault` sees all bytes in the order in which they arrive, either way. */
export function connected(fault: Fault): [ByteStream, ByteStream] {
  const one = new CutStream('one', fault)
  const two = new CutStream('two', fault)
  one.other = two
  two.other = one
  return [one, two]
}

class CutStream implements ByteStream {
  readonly peer: string
  readonly queuedBytes = 0
  other: CutStream | undefined
  readonly #fault: Fault
  #events: ByteStreamEvents | undefined
  #isClosed = false

  constructor(peer: string, fault: Fault) {
    this.peer = peer
    this.#fault = fault
  }

  start(events: ByteStreamEvents): void {
    this.#events = events
  }

  send(pieces: readonly Uint8Array[], onSent?: () => void): void {
    // What was sent may be changed by its owner later on.
    const sent = new Uint8Array(Buffer.concat(pieces))
    onSent?.()
    setImmediate(() => {
      if (this.#isClosed) return
      const { bytes, isCut } = this.#fault(sent)
      if (bytes.length > 0) this.other?.arrive(bytes)
      if (isCut) this.close()
    })
  }

  arrive(bytes: Uint8Array): void {
    if (!this.#isClosed) this.#events?.onBytes(bytes)
  }

  async drained(): Promise<void> {
    return undefined
  }

  pause(): void {
    return undefined
  }

  resume(): void {
    return undefined
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#events?.onClose()
    this.other?.close()
  }
}
