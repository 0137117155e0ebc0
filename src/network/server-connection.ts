import type { TimestampMs } from '../base/brands.ts'
import { MalformedMessageError } from '../base/errors.ts'
import { sendPieces } from './answer-pieces.ts'
import type { LentBuffers } from './lent-buffers.ts'
import type { ByteStream } from './byte-stream.ts'
import { FrameReader } from './frame-reader.ts'
import { HandedOverStream } from './handed-over-stream.ts'
import type { RequestBudget } from './request-budget.ts'
import type { ServerLimits } from './server-limits.ts'

/** The pieces of an answer, frame length first; none for a request that gets no answer. */
export type Answer = readonly Uint8Array[]

/** What a connection's requests are given to. */
export interface RequestHandler {
  /** Whether this request may be begun before others of the kind ahead of it are answered: their effects come in order all the same. */
  isPipelined(request: Uint8Array): boolean
  /** Whether nobody looks at the bytes of this request any more once it is answered: their memory is used again then. */
  isForgotten(request: Uint8Array): boolean
  /** Answers a request, whose bytes are the handler's for good unless it forgets them. What it throws ends the connection. */
  handle(request: Uint8Array): Answer | Promise<Answer>
  /** Whether it is not known yet who the client is: until then it may send little, and not for long. */
  readonly isStranger?: boolean
  /**
   * Who goes on with the connection from this request on, if it is one that asks for that: both sides may then ask. Such a request comes when all
   * before it are answered, and nothing follows it until it is answered itself.
   */
  takeOver?(request: Uint8Array): ((stream: ByteStream) => void) | undefined
  /** Until then no request of the client is begun, nor read. */
  readonly mutedUntilMs?: TimestampMs
  /** The connection is gone, with its cause when it ended with an error. */
  onClose(cause?: unknown): void
}

/** A request whose turn has come or will come; `answer` once there is one. */
interface QueuedRequest {
  readonly bytes: Uint8Array
  readonly isPipelined: boolean
  answer: Answer | undefined
}

export interface ConnectionWorld {
  readonly limits: ServerLimits
  readonly buffers: LentBuffers
  readonly budget: RequestBudget
  readonly now: () => TimestampMs
}

/**
 * The server's end of a connection: cuts it into requests, has them answered, and sends the answers in the order of the requests, whatever
 * order they come in. Reads no further than the limits allow, so that a client that sends more than it takes waits by itself.
 */
export class ServerConnection {
  readonly stream: ByteStream
  readonly #world: ConnectionWorld
  readonly #frames: FrameReader
  readonly #queue: QueuedRequest[] = []
  /** As many of the queue, from its front on, were begun. */
  #begun = 0
  /** Of those, so many wait for their answer. */
  #unanswered = 0
  #isDraining = false
  #handler: RequestHandler | undefined
  /** What the budget counts for this connection. */
  #countedBytes = 0
  #isPaused = false
  #isClosed = false
  #isSending = false
  /** Set once somebody else goes on with the connection. */
  #handedOver: HandedOverStream | undefined
  #muteTimer: ReturnType<typeof setTimeout> | undefined
  /** When the last byte came, or the last answer went. */
  #activeMs: TimestampMs
  readonly #openedMs: TimestampMs
  /** When the request began that is not whole yet. */
  #begunMs: TimestampMs | undefined
  #unsent = { bytes: 0, sinceMs: 0 }

  constructor(stream: ByteStream, world: ConnectionWorld) {
    this.stream = stream
    this.#world = world
    this.#frames = new FrameReader(
      () => (this.#isStranger ? world.limits.strangerBytesMax : world.limits.requestBytesMax),
      (frame) => this.#accept(frame),
      world.buffers,
    )
    this.#openedMs = world.now()
    this.#activeMs = this.#openedMs
  }

  /** Begins to read. To be called once. */
  start(handler: RequestHandler): void {
    this.#handler = handler
    this.stream.start({
      onBytes: (bytes) => this.#receive(bytes),
      space: () => (this.#isClosed || this.#handedOver !== undefined ? undefined : this.#frames.space()),
      onClose: (cause) => this.#ended(cause),
    })
  }

  /** Requests that are not answered yet, but for those that a client which is muted has sent ahead. */
  get pendingRequests(): number {
    return this.#isMuted() ? this.#begun : this.#queue.length
  }

  /** Why the connection is to be closed at `now`, if it is. */
  overdue(now: TimestampMs): 'idle' | 'not authenticated' | 'slow request' | 'slow reader' | undefined {
    const { limits } = this.#world
    if (this.#isStranger && now - this.#openedMs >= limits.strangerMs) return 'not authenticated'
    if (this.#isSlowRequest(now)) return 'slow request'
    if (this.#isSlowReader(now)) return 'slow reader'
    const isIdle = this.#queue.length === 0 && this.#begunMs === undefined && now - this.#activeMs >= limits.idleMs
    return isIdle ? 'idle' : undefined
  }

  /** Ends the connection at once; `cause` is told to the handler. */
  close(cause?: unknown): void {
    this.stream.close()
    this.#ended(cause)
  }

  get #isStranger(): boolean {
    return this.#handler?.isStranger === true
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isClosed) return
    this.#activeMs = this.#world.now()
    if (this.#handedOver !== undefined) {
      this.#handedOver.take(bytes)
      return
    }
    this.#countedBytes += bytes.length
    this.#world.budget.take(bytes.length)
    try {
      this.#frames.push(bytes)
    } catch (error) {
      this.close(error)
      return
    }
    if (this.#handedOver !== undefined) {
      this.#give(this.#countedBytes)
      if (this.#frames.pendingBytes > 0) this.close(tooEarly())
      return
    }
    if (this.#frames.pendingBytes === 0) this.#begunMs = undefined
    else this.#begunMs ??= this.#activeMs
    this.#begin()
    this.#holdBack()
  }

  #accept(frame: Uint8Array): void {
    if (this.#handedOver !== undefined) throw tooEarly()
    this.#begunMs = undefined
    const taker = this.#queue.length === 0 ? this.#handler?.takeOver?.(frame) : undefined
    if (taker !== undefined) {
      this.#handOver(frame, taker)
      return
    }
    this.#queue.push({ bytes: frame, isPipelined: this.#handler?.isPipelined(frame) === true, answer: undefined })
  }

  /** From now on the connection is `taker`'s, who finds the request as it came. */
  #handOver(request: Uint8Array, taker: (stream: ByteStream) => void): void {
    const handedOver = new HandedOverStream(this.stream, () => this.close())
    this.#handedOver = handedOver
    handedOver.take(framed(request))
    taker(handedOver)
  }

  /** Begins the requests whose turn it is. */
  #begin(): void {
    while (this.#begun < this.#queue.length && !this.#isClosed && !this.#isMuted()) {
      const next = this.#queue[this.#begun] as QueuedRequest
      const before = this.#queue[this.#begun - 1]
      if (this.#unanswered > 0 && !(next.isPipelined && before?.isPipelined === true)) break
      if (this.stream.queuedBytes > this.#world.limits.unsentBytesMax) {
        this.#goOnWhenDrained()
        break
      }
      this.#begun++
      this.#handle(next)
    }
    this.#sendAnswers()
  }

  #handle(request: QueuedRequest): void {
    try {
      const answer = this.#handler?.handle(request.bytes) ?? []
      if (!(answer instanceof Promise)) {
        request.answer = answer
        return
      }
      this.#unanswered++
      answer.then(
        (pieces) => {
          this.#unanswered--
          request.answer = pieces
          this.#goOn()
        },
        (error: unknown) => this.close(error),
      )
    } catch (error) {
      this.close(error)
    }
  }

  /** Whether the client is to wait; if so, what it has sent is taken up afterwards. */
  #isMuted(): boolean {
    const untilMs = this.#handler?.mutedUntilMs ?? -Infinity
    if (untilMs === -Infinity) return false
    const leftMs = untilMs - this.#world.now()
    if (leftMs <= 0) return false
    this.#muteTimer ??= setTimeout(
      () => {
        this.#muteTimer = undefined
        this.#goOn()
      },
      Math.min(leftMs, muteTimerMsMax),
    )
    return true
  }

  #goOnWhenDrained(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    void this.stream.drained().then(() => {
      this.#isDraining = false
      this.#goOn()
    })
  }

  /** Answers often come many at once: they are sent, and what waits for them is begun, together. */
  #goOn(): void {
    if (this.#isSending) return
    this.#isSending = true
    queueMicrotask(() => {
      this.#isSending = false
      this.#begin()
      this.#holdBack()
    })
  }

  #sendAnswers(): void {
    let count = 0
    const pieces: Uint8Array[] = []
    let bytes = 0
    while (this.#queue[count]?.answer !== undefined) {
      const request = this.#queue[count++] as QueuedRequest
      bytes += request.bytes.length + 4
      if (this.#handler?.isForgotten(request.bytes) === true) this.#world.buffers.give([request.bytes])
      for (const piece of request.answer ?? []) pieces.push(piece)
    }
    if (count === 0 || this.#isClosed) return
    this.#queue.splice(0, count)
    this.#begun -= count
    this.#activeMs = this.#world.now()
    if (pieces.length > 0) this.#send(pieces)
    this.#give(bytes)
  }

  #send(pieces: readonly Uint8Array[]): void {
    const { buffers } = this.#world
    try {
      sendPieces(this.stream, pieces, buffers)
    } catch (error) {
      this.close(error)
      return
    }
    // Nothing is queued: the system has it all.
    if (this.stream.queuedBytes === 0) buffers.give(pieces)
  }

  #give(bytes: number): void {
    const counted = Math.min(bytes, this.#countedBytes)
    this.#countedBytes -= counted
    this.#world.budget.give(counted)
  }

  /** Stops or takes up reading again, as the limits say. */
  readonly #holdBack = (): void => {
    if (this.#isClosed) return
    const { budget } = this.#world
    const mustWait = this.#isMuted() || this.#isTooMuch
    if (mustWait && budget.isSpent) budget.whenFree(this.#holdBack)
    if (mustWait === this.#isPaused) return
    this.#isPaused = mustWait
    if (mustWait) {
      this.stream.pause()
      return
    }
    // The client could send nothing meanwhile.
    if (this.#begunMs !== undefined) this.#begunMs = this.#world.now()
    this.stream.resume()
  }

  get #isTooMuch(): boolean {
    const { budget, limits } = this.#world
    const isBetween = this.#frames.pendingBytes === 0
    return budget.isOverdrawn || (budget.isSpent && isBetween) || this.#queue.length > limits.queuedRequestsMax
  }

  #isSlowRequest(now: TimestampMs): boolean {
    const { requestMs, requestBytesPerSecondMin } = this.#world.limits
    if (this.#begunMs === undefined || (this.#isPaused && !this.#world.budget.isOverdrawn)) return false
    const allowedMs = requestMs + (this.#frames.pendingBytes / requestBytesPerSecondMin) * 1000
    return now - this.#begunMs >= allowedMs
  }

  #isSlowReader(now: TimestampMs): boolean {
    const bytes = this.stream.queuedBytes
    if (bytes === 0 || bytes < this.#unsent.bytes || this.#unsent.bytes === 0) this.#unsent = { bytes, sinceMs: now }
    return bytes > 0 && now - this.#unsent.sinceMs >= this.#world.limits.unsentMs
  }

  #ended(cause?: unknown): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#muteTimer)
    this.#queue.length = 0
    this.#give(this.#countedBytes)
    this.#world.budget.forget(this.#holdBack)
    this.#handedOver?.ended(cause)
    this.#handler?.onClose(cause)
  }
}

function tooEarly(): MalformedMessageError {
  return new MalformedMessageError('more came behind a request that takes the connection over', 0)
}

/** A request as it came, its length in front. */
function framed(request: Uint8Array): Uint8Array {
  const frame = new Uint8Array(4 + request.length)
  new DataView(frame.buffer).setInt32(0, request.length)
  frame.set(request, 4)
  return frame
}

/** A timer takes no more, in ms. */
const muteTimerMsMax = 2 ** 31 - 1
