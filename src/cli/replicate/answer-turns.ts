import type { ByteStream } from '../../network/byte-stream.ts'

/** So many requests of the other side are answered at once: more than a follower of ours ever has under way. */
const runningMax = 64
/** So many may wait for their turn before no more is read. */
const waitingMax = 256
/** So much may wait to go to the other side before the next answer is begun, in bytes. */
const queuedBytesMax = 8 * 1024 * 1024

/** When requests of the other side are answered: nobody says that it takes what it asks for, and answers are far larger than requests. */
export class AnswerTurns {
  readonly #stream: ByteStream
  readonly #waiting: (() => Promise<void>)[] = []
  #running = 0
  #isDraining = false
  #isPaused = false

  constructor(stream: ByteStream) {
    this.#stream = stream
  }

  /** Calls `answer`, which rejects never, when it is its turn. */
  take(answer: () => Promise<void>): void {
    this.#waiting.push(answer)
    this.#go()
  }

  #go(): void {
    while (this.#waiting.length > 0 && this.#running < runningMax && !this.#mustDrain()) this.#run()
    const mustWait = this.#waiting.length > waitingMax
    if (mustWait === this.#isPaused) return
    this.#isPaused = mustWait
    if (mustWait) this.#stream.pause()
    else this.#stream.resume()
  }

  #run(): void {
    const answer = this.#waiting.shift()
    this.#running++
    void answer?.().then(() => {
      this.#running--
      this.#go()
    })
  }

  #mustDrain(): boolean {
    if (this.#isDraining || this.#stream.queuedBytes <= queuedBytesMax) return this.#isDraining
    this.#isDraining = true
    void this.#stream.drained().then(() => {
      this.#isDraining = false
      this.#go()
    })
    return true
  }
}
