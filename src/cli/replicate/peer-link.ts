import { MalformedMessageError, TemporaryError } from '../../base/errors.ts'
import { sendPieces } from '../../network/answer-pieces.ts'
import type { ByteStream } from '../../network/byte-stream.ts'
import { FrameReader } from '../../network/frame-reader.ts'
import { decodeResponse, encodeRequest } from '../../protocol/api.ts'
import type { BatchWindows } from '../../record/batch-windows.ts'
import { type Answerer, answerFrame, type SendUnread } from '../../replication/leader-answers.ts'
import { type Answer, batchesApi, type PeerApi, peerProtocolVersion } from '../../replication/peer-apis.ts'
import type { Ask } from '../../replication/remote-leader.ts'
import { AnswerTurns } from './answer-turns.ts'
import { replicaWindows } from './replica-windows.ts'
import { SilenceWatch } from './silence-watch.ts'
import { errorOf } from './travelled-error.ts'

/** A request of the largest batch that there may be, and its head. */
const frameBytesMax = 128 * 1024 * 1024

/** So long not a byte may come of what was asked for, in ms: on the slowest link some do. */
const silenceMsMax = 60_000

/** What waits in a socket costs nothing. */
const aheadMinOfSockets = 4

/** A frame that is smaller, and cut in two on its way, gets memory of its own. */
const windowFrameBytesMin = 64 * 1024

interface PendingAsk {
  readonly take: (frame: Uint8Array) => void
  readonly fail: (error: unknown) => void
}

/**
 * A connection to another tslog. Both sides may ask; whichever does not wait for an answer answers. Ends with the connection: then whatever is
 * asked fails.
 */
export class PeerLink {
  /** Memory of the batches that come and go. */
  readonly windows: BatchWindows
  readonly #stream: ByteStream
  readonly #turns: AnswerTurns
  readonly #silence: SilenceWatch
  readonly #pending = new Map<number, PendingAsk>()
  readonly #ended: Promise<void>
  #answerer: Answerer | undefined
  #end: (() => void) | undefined
  #failure: unknown
  #correlationId: number
  #wasAnswered = false

  /** The two sides count their requests apart: `isCaller` by even numbers. */
  constructor(stream: ByteStream, isCaller: boolean, silenceMs = silenceMsMax) {
    this.windows = replicaWindows()
    this.#stream = stream
    this.#correlationId = isCaller ? 0 : 1
    this.#ended = new Promise((resolve) => (this.#end = resolve))
    this.#turns = new AnswerTurns(stream)
    this.#silence = new SilenceWatch(silenceMs, () => this.#fail(silent(this.peer, silenceMs)))
    const memory = { take: (bytes: number) => this.#memoryFor(bytes), give: this.#giveBackAll }
    const frames = new FrameReader(frameBytesMax, (frame) => this.#take(frame), memory)
    stream.start({
      onBytes: (bytes) => {
        this.#silence.heard()
        this.#guard(() => frames.push(bytes))
      },
      space: () => frames.space(),
      onClose: (cause) => this.#close(cause),
    })
  }

  /** How messages name the other side. */
  get peer(): string {
    return this.#stream.peer
  }

  /** So many answers may be asked for ahead, however short the way is. */
  get aheadMin(): number {
    return this.#stream.isCostlyToFill === true ? 1 : aheadMinOfSockets
  }

  /** Whether the other side has ever answered. */
  get wasAnswered(): boolean {
    return this.#wasAnswered
  }

  /** Answers requests from now on. */
  answer(answerer: Answerer): void {
    this.#answerer = answerer
  }

  readonly ask: Ask = async <Request, Response>(
    api: PeerApi<Request, Response>,
    request: Request,
  ): Promise<Response> => {
    this.#throwIfEnded()
    const correlationId = this.#correlationId
    this.#correlationId = (correlationId + 2) % 2 ** 31
    const answer = await new Promise<Answer<Response>>((resolve, reject) => {
      const take = (frame: Uint8Array): void => {
        resolve(decodeResponse(api, peerProtocolVersion, frame).value)
        // Of other answers nothing stays where it came.
        if (api.key !== batchesApi.key) this.windows.giveBack(frame)
      }
      this.#pending.set(correlationId, { take, fail: reject })
      this.#silence.expect(true)
      this.#stream.send(
        encodeRequest(api, { apiVersion: peerProtocolVersion, correlationId, clientId: 'tslog' }, request),
      )
    })
    if (answer.failure !== null) throw errorOf(answer.failure, this.peer)
    if (answer.value === null) throw new MalformedMessageError(`${this.peer} gave no answer`, 0)
    return answer.value
  }

  /** Sends an answer, a piece of which may still lie in a file. */
  readonly sendUnread: SendUnread = ({ frame, onSent }, { piece, bytes }) => {
    // What is not in its file any more cannot be sent, and half of its frame may have gone.
    this.#guard(() =>
      sendPieces(this.#stream, frame, { unreadOf: (one) => (one === piece ? bytes : undefined) }, onSent),
    )
  }

  /** Resolves when the connection has ended, whoever ended it; throws what was wrong with what came. */
  async ended(): Promise<void> {
    await this.#ended
    if (this.#failure !== undefined) throw this.#failure
  }

  close(): void {
    this.#stream.close()
  }

  /** Batches that were asked for come into a window. */
  #memoryFor(bytes: number): Uint8Array {
    const isLikely = bytes >= windowFrameBytesMin && bytes <= this.windows.windowBytes && this.#pending.size > 0
    return isLikely ? this.windows.take().bytes : new Uint8Array(bytes)
  }

  readonly #giveBackAll = (pieces: readonly Uint8Array[]): void => {
    for (const piece of pieces) this.windows.giveBack(piece)
  }

  #take(frame: Uint8Array): void {
    const id = frame.length < 4 ? -1 : new DataView(frame.buffer, frame.byteOffset).getInt32(0)
    const pending = this.#pending.get(id)
    if (pending !== undefined) {
      this.#pending.delete(id)
      this.#silence.expect(this.#pending.size > 0)
      this.#wasAnswered = true
      return takeAnswer(pending, frame)
    }
    if (this.#answerer === undefined) throw new MalformedMessageError('a frame that nobody waits for', 0)
    const answerer = this.#answerer
    this.#turns.take(async () => {
      try {
        const { frame: answer, onSent } = await answerFrame(frame, answerer)
        if (answer.length > 0) this.#stream.send(answer, onSent)
      } catch (error) {
        this.#fail(error)
      }
    })
  }

  #guard(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    this.#stream.close()
    this.#close(error)
  }

  #close(cause?: unknown): void {
    if (this.#end === undefined) return
    const error = this.#failure ?? connectionLost(this.peer, cause)
    for (const { fail } of this.#pending.values()) fail(error)
    this.#pending.clear()
    this.#silence.expect(false)
    this.#end()
    this.#end = undefined
  }

  #throwIfEnded(): void {
    if (this.#end === undefined) throw this.#failure ?? connectionLost(this.peer, undefined)
  }
}

/** Who waits for an answer hears of one that cannot be read, as the link does. */
function takeAnswer({ take, fail }: PendingAsk, frame: Uint8Array): void {
  try {
    take(frame)
  } catch (error) {
    fail(error)
    throw error
  }
}

/** Not a byte has come of what was asked for: the other side hangs, or what lies between has lost the connection without a word. */
function silent(peer: string, silenceMs: number): ConnectionLostError {
  return new ConnectionLostError(`${peer} has not answered for ${silenceMs / 1000} s`, {
    hint: 'run the command again: it goes on where it was',
  })
}

/** The other side is gone, or what lies between. */
export class ConnectionLostError extends TemporaryError {}

function connectionLost(peer: string, cause: unknown): ConnectionLostError {
  return new ConnectionLostError(`the connection to ${peer} ended`, {
    cause,
    hint: 'run the command again: it goes on where it was',
  })
}
