/** What listens to a `ByteStream`. */
export interface ByteStreamEvents {
  /** Bytes came, which are the receiver's for good. */
  readonly onBytes: (bytes: Uint8Array) => void
  /** Where the next bytes are to be put by a stream that can choose: `onBytes` then tells of the front of it. */
  readonly space?: () => Uint8Array | undefined
  /** Nothing comes or goes any more; told once, also after `close`. `cause` when it ended with an error. */
  readonly onClose: (cause?: unknown) => void
}

/** A connection as both halves of the protocol see it: a TCP or unix socket, with or without TLS, or the pipes of an ssh. */
export interface ByteStream {
  /** How messages name the other side. */
  readonly peer: string
  /** Begins to listen; what came before is told at once. To be called once. */
  start(events: ByteStreamEvents): void
  /**
   * Sends the pieces in order. They must not change until the stream has passed them on: give away what you send, or wait for `onSent`, which is not
   * called when the connection ends before.
   */
  send(pieces: readonly Uint8Array[], onSent?: () => void): void
  /**
   * The descriptor of the socket, or of the pipe, where its bytes are those of the stream and nothing is queued: then somebody else may send through it
   * what comes next, and has to do so at once.
   */
  readonly openSocket?: number | undefined
  /** What waits on its way costs whoever carries it: no more than is needed is to be under way. Left out where it only waits. */
  readonly isCostlyToFill?: boolean
  /** Bytes that were sent and have not left this process yet. */
  readonly queuedBytes: number
  /** Resolves when less is queued, or nothing ever goes again. */
  drained(): Promise<void>
  /** Stops and takes up again the coming of bytes, so that the other side waits. */
  pause(): void
  resume(): void
  /** Ends the connection at once. */
  close(): void
}
