import type { Socket } from 'node:net'
import type { ByteStream, ByteStreamEvents } from './byte-stream.ts'

/** Puts what has come through the socket with that descriptor into `space`, at once; returns how many bytes, 0 when none. */
export type Receive = (socket: number, space: Uint8Array) => number

export interface SocketStreamOptions {
  /** Nothing, such as TLS, is between the stream and the socket. */
  readonly isBare: boolean
  /** How a bare socket is read where the bytes belong: the runtime copies each byte twice. */
  readonly receive?: Receive | undefined
}

/** A connected socket as a `ByteStream`. */
export class SocketStream implements ByteStream {
  readonly peer: string
  readonly #socket: Socket
  readonly #options: SocketStreamOptions
  #isPaused = false
  #cause: unknown

  constructor(socket: Socket, peer: string, options: SocketStreamOptions = { isBare: false }) {
    this.peer = peer
    this.#socket = socket
    this.#options = options
    // An error may come before anybody listens; without a listener it would end the process.
    socket.on('error', (error) => (this.#cause ??= error))
  }

  start(events: ByteStreamEvents): void {
    const { onBytes, onClose } = events
    const { receive } = this.#options
    this.#socket.on('data', (bytes: Uint8Array) => {
      onBytes(bytes)
      if (receive !== undefined) this.#receiveOn(receive, events)
    })
    if (this.#socket.destroyed) onClose(this.#cause)
    else this.#socket.once('close', () => onClose(this.#cause))
  }

  /** Takes what else has come of a large frame that has begun, and of others behind it. */
  #receiveOn(receive: Receive, { onBytes, space }: ByteStreamEvents): void {
    let room = space?.()
    for (let left = bytesAtOnce; left > 0 && room !== undefined;) {
      const descriptor = this.#readableDescriptor
      const bytes = descriptor === undefined ? 0 : receive(descriptor, room)
      if (bytes === 0) return
      left -= bytes
      onBytes(room.subarray(0, bytes))
      room = space?.() ?? new Uint8Array(betweenBytes)
    }
  }

  /** The descriptor of the socket while nobody waits for it to be read, and the runtime has read nothing that was not passed on. */
  get #readableDescriptor(): number | undefined {
    const socket = this.#socket
    return this.#isPaused || socket.readableLength > 0 ? undefined : this.#descriptor
  }

  get #descriptor(): number | undefined {
    const socket = this.#socket
    if (!this.#options.isBare || socket.destroyed) return undefined
    const descriptor = handleOf(socket)?.fd
    return typeof descriptor === 'number' && descriptor >= 0 ? descriptor : undefined
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
    return this.#socket.writableLength > 0 ? undefined : this.#descriptor
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
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#socket.resume()
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** Of one connection before others have their turn; the runtime has given its own share before. */
const bytesAtOnce = 1024 * 1024

/** For what comes behind a large frame. */
const betweenBytes = 64 * 1024

/** Both runtimes have it, and neither speaks of it. */
function handleOf(socket: Socket): { readonly fd?: unknown } | null | undefined {
  return (socket as { _handle?: { readonly fd?: unknown } | null })._handle
}
