import type { Socket } from 'node:net'
import type { ByteStream, ByteStreamEvents } from './byte-stream.ts'

/** A connected socket as a `ByteStream`. */
export class SocketStream implements ByteStream {
  readonly peer: string
  readonly #socket: Socket
  /** Nothing, such as TLS, is between the stream and the socket. */
  readonly #isBare: boolean
  #cause: unknown

  constructor(socket: Socket, peer: string, isBare = false) {
    this.peer = peer
    this.#socket = socket
    this.#isBare = isBare
    // An error may come before anybody listens; without a listener it would end the process.
    socket.on('error', (error) => (this.#cause ??= error))
  }

  start({ onBytes, onClose }: ByteStreamEvents): void {
    this.#socket.on('data', onBytes)
    if (this.#socket.destroyed) onClose(this.#cause)
    else this.#socket.once('close', () => onClose(this.#cause))
  }

  send(pieces: readonly Uint8Array[], onSent?: () => void): void {
    const socket = this.#socket
    const onWritten = onSent && ((error?: Error | null): void => (error ? undefined : onSent()))
    if (pieces.length === 1 && pieces[0] !== undefined) {
      socket.write(pieces[0], onWritten)
      return
    }
    socket.cork()
    for (const piece of pieces) socket.write(piece, piece === pieces.at(-1) ? onWritten : undefined)
    socket.uncork()
  }

  get openSocket(): number | undefined {
    const socket = this.#socket
    if (!this.#isBare || socket.destroyed || socket.writableLength > 0) return undefined
    const descriptor = handleOf(socket)?.fd
    return typeof descriptor === 'number' && descriptor >= 0 ? descriptor : undefined
  }

  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  drained(): Promise<void> {
    const socket = this.#socket
    if (!socket.writableNeedDrain || socket.destroyed) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        socket.removeListener('drain', done)
        socket.removeListener('close', done)
        resolve()
      }
      socket.once('drain', done)
      socket.once('close', done)
    })
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** Both runtimes have it, and neither speaks of it. */
function handleOf(socket: Socket): { readonly fd?: unknown } | null | undefined {
  return (socket as { _handle?: { readonly fd?: unknown } | null })._handle
}
