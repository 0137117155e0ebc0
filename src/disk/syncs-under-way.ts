import type { DiskError } from '../base/errors.ts'
import { nodeFs } from './node-file-calls.ts'

/** Descriptors of one file that syncs may run on besides its own: each takes a thread of the runtime, which has few. */
const sparesMax = 1

interface Call {
  /** It came before there was a spare, which may have heard nothing of what became of the bytes that this call is about. */
  readonly isForOwn: boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  isDone: boolean
}

/**
 * The syncs of an open file that block nobody. One that takes long, because the disk has much to do for others, holds up only what was written before
 * it: the next one runs beside it. Linux tells an error of the disk once to each open file, so two on one descriptor could hide it from each
 * other: the second has a descriptor of its own, opened in time to hear of everything that is written from then on. What was written before is
 * the matter of calls that came earlier; so calls are answered in their order, and one that fails fails all behind it.
 */
export class SyncsUnderWay {
  readonly #fd: number
  readonly #failed: (cause: unknown) => DiskError
  /** In the order in which they came. */
  readonly #calls: Call[] = []
  /** Those for which no descriptor is free. */
  readonly #waiting: Call[] = []
  readonly #free: number[]
  readonly #spares: number[] = []
  #sparesMax = sparesMax
  #failure: DiskError | undefined
  #toClose: number[] = []

  /** `failed` makes of a sync's failure what callers are told. */
  constructor(fd: number, failed: (cause: unknown) => DiskError) {
    this.#fd = fd
    this.#free = [fd]
    this.#failed = failed
  }

  /** Resolves once everything that was written before the call is durable. */
  begin(): Promise<void> {
    return new Promise((resolve, reject) => {
      const call = { isForOwn: this.#spares.length === 0, resolve, reject, isDone: false }
      this.#calls.push(call)
      const fd = this.#free.pop()
      if (fd !== undefined) {
        this.#run(call, fd)
        return
      }
      this.#openSpare()
      this.#waiting.push(call)
    })
  }

  /** Closes what was opened here. While syncs are under way all stays open until the last is answered, `fd` too, which is closed then. */
  close(fd: number): 'now' | 'later' {
    if (this.#calls.length === 0) {
      this.#closeAll(this.#spares)
      return 'now'
    }
    this.#toClose = [fd, ...this.#spares]
    return 'later'
  }

  #run(call: Call, fd: number): void {
    nodeFs().fdatasync(fd, (error) => {
      const next = this.#nextFor(fd)
      if (next === undefined) this.#free.push(fd)
      else this.#run(next, fd)
      call.isDone = true
      if (error !== null) this.#failure ??= this.#failed(error)
      this.#answer()
    })
  }

  #nextFor(fd: number): Call | undefined {
    const at = this.#waiting.findIndex(({ isForOwn }) => fd === this.#fd || !isForOwn)
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0]
  }

  #answer(): void {
    while (this.#calls[0]?.isDone === true) {
      const { resolve, reject } = this.#calls.shift() as Call
      if (this.#failure === undefined) resolve()
      else reject(this.#failure)
    }
    if (this.#calls.length === 0) this.#closeAll(this.#toClose)
  }

  #openSpare(): void {
    if (this.#spares.length >= this.#sparesMax) return
    try {
      // Its name may be another file's by now.
      const spare = nodeFs().openSync(`/proc/self/fd/${this.#fd}`, 'r+')
      this.#spares.push(spare)
      this.#free.push(spare)
    } catch {
      // Without one, calls wait for each other.
      this.#sparesMax = 0
    }
  }

  #closeAll(descriptors: number[]): void {
    for (const fd of descriptors.splice(0)) nodeFs().close(fd, ignore)
  }
}

function ignore(): void {
  // Every sync that was asked for has answered; what a close could still say concerns no byte anybody waits for.
}
