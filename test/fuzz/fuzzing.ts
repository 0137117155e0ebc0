import { seededRandom } from '../../src/base/random.ts'
import { Dice } from '../../src/disk/dice.ts'
import type { BlockCoverage } from './block-coverage.ts'
import type { FuzzTarget } from './fuzz-target.ts'
import { Mutator } from './mutator.ts'

/** An input that a parser did not take as it should. */
export interface Finding {
  readonly input: Uint8Array
  readonly reason: string
}

export interface FuzzingOptions {
  readonly target: FuzzTarget
  /** Not 0. */
  readonly seed: number
  /** What ran is asked after each round, and inputs that ran something new are mutated too. Without it only the seeds are. */
  readonly coverage?: BlockCoverage
  /** Told before each execution. */
  readonly onInput?: (input: Uint8Array) => void
}

const findingsMax = 20

/** What this thread has used of a processor: others on the machine are no input's doing. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** Feeds a parser with mutated inputs, in rounds, and keeps those that went further than any before. */
export class Fuzzing {
  readonly corpus: Uint8Array[]
  readonly findings: Finding[] = []
  executions = 0
  /** Of a processor, for one input. */
  slowestMs = 0
  readonly #options: FuzzingOptions
  readonly #dice: Dice
  readonly #mutator: Mutator
  readonly #seen = new Set<string>()

  constructor(options: FuzzingOptions) {
    const { target, seed, coverage } = options
    this.#options = options
    this.#dice = new Dice(seededRandom(seed))
    this.#mutator = new Mutator(this.#dice, { tokens: target.tokens ?? [], bytesMax: target.bytesMax })
    this.corpus = [...target.seeds()]
    for (const input of this.corpus) this.#execute(input)
    if (coverage !== undefined) coverage.learn(coverage.take())
  }

  /** Runs as many inputs, each mutated from one that is known. */
  round(count: number): void {
    const { coverage } = this.#options
    const inputs = Array.from({ length: count }, () => this.#next())
    for (const input of inputs) this.#execute(input)
    if (coverage === undefined) return
    const taken = coverage.take()
    if (!coverage.isNew(taken)) return
    this.#locate(inputs, coverage)
    // What ran but once, such as the making of a table, is no input's doing.
    coverage.learn(taken)
  }

  #next(): Uint8Array {
    const { target } = this.#options
    const input = this.#mutator.mutate(this.#chosen(), this.#chosen())
    if (!this.#dice.oneIn(3)) target.mend?.(input)
    return input
  }

  /** As often one of the last that went further as any. */
  #chosen(): Uint8Array {
    const { corpus } = this
    const from = this.#dice.oneIn(2) ? Math.max(0, corpus.length - 32) : 0
    return corpus[from + this.#dice.below(corpus.length - from)] ?? new Uint8Array(0)
  }

  /** Finds those that ran something new among inputs of which one did, by halves. */
  #locate(inputs: readonly Uint8Array[], coverage: BlockCoverage): void {
    for (const input of inputs) this.#execute(input)
    const taken = coverage.take()
    if (!coverage.isNew(taken)) return
    const [only] = inputs
    if (inputs.length === 1 && only !== undefined) {
      this.corpus.push(only)
      coverage.learn(taken)
      return
    }
    const middle = inputs.length >> 1
    this.#locate(inputs.slice(0, middle), coverage)
    this.#locate(inputs.slice(middle), coverage)
  }

  #execute(input: Uint8Array): void {
    const { target, onInput } = this.#options
    onInput?.(input)
    // Parsers of the wire may keep views of what they were given, never change it; those that stamp batches do.
    const given = input.slice()
    const startMs = cpuMs()
    try {
      target.run(given)
    } catch (error) {
      this.#note(input, error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
    const tookMs = cpuMs() - startMs
    this.executions++
    if (tookMs > this.slowestMs) this.slowestMs = tookMs
    if (tookMs > 1000) this.#note(input, `took ${Math.round(tookMs)} ms`)
  }

  /** One of each kind is enough: the same message from the same place, whatever its numbers. */
  #note(input: Uint8Array, reason: string): void {
    const kind = reason.split('\n').slice(0, 3).join('\n').replaceAll(/\d+/g, '0')
    if (this.#seen.has(kind) || this.findings.length >= findingsMax) return
    this.#seen.add(kind)
    this.findings.push({ input, reason })
  }
}
