import type { Dice } from '../../src/disk/dice.ts'
import type { Fault, Operation } from '../../src/disk/memory-disk.ts'
import type { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'

/** What a process may meet at any operation. */
export type StrikeKind = 'kill' | 'fault' | 'power'

/** When something strikes: before operation number `left` of `process` from now on. */
interface Strike {
  readonly kind: StrikeKind
  readonly process: string
  left: number
}

export interface StrikeOptions {
  readonly dice: Dice
  readonly kinds: readonly StrikeKind[]
  /** Told of what happened; with a power cut the machine has stopped, with a kill the process is gone. */
  readonly onStrike: (kind: StrikeKind, process: string) => void
}

/** Lets processes be killed, writes fail half-way, and the power go, one at a time, when the dice say so. */
export class Strikes {
  /** Nothing strikes while it is set: somebody looks on who is not part of the game. */
  isPaused = false
  readonly #fileSystem: MemoryFileSystem
  readonly #options: StrikeOptions
  #strike: Strike | undefined
  #isOver = false

  constructor(fileSystem: MemoryFileSystem, options: StrikeOptions) {
    this.#fileSystem = fileSystem
    this.#options = options
    fileSystem.beforeOperation((operation) => this.#beforeOperation(operation))
    fileSystem.failOn((operation) => this.#faultOf(operation))
  }

  /** Something will strike the process, unless something waits to strike already. */
  arm(process: string, operationsMax: number): void {
    const { dice, kinds } = this.#options
    const kind = kinds[dice.below(kinds.length)] ?? 'kill'
    if (!this.#isOver) this.#strike ??= { kind, process, left: dice.below(operationsMax) }
  }

  disarm(): void {
    this.#strike = undefined
  }

  /** Nothing strikes any more. */
  end(): void {
    this.disarm()
    this.#isOver = true
  }

  #beforeOperation({ process }: Operation): void {
    const strike = this.#strike
    if (this.isPaused || strike === undefined || strike.kind === 'fault') return
    if (strike.process !== process || strike.left-- > 0) return
    this.#strike = undefined
    if (strike.kind === 'kill') this.#fileSystem.kill(process)
    else this.#fileSystem.stop()
    this.#options.onStrike(strike.kind, process)
  }

  /** A failed sync takes the pages of other processes too, which the file system in memory tells only the one; so no syncs. */
  #faultOf({ process, name }: Operation): Fault | undefined {
    const strike = this.#strike
    if (this.isPaused || strike?.kind !== 'fault' || strike.process !== process || name.startsWith('sync'))
      return undefined
    if (strike.left-- > 0) return undefined
    this.#strike = undefined
    this.#options.onStrike('fault', process)
    return { code: 'EIO', partialBytes: this.#options.dice.below(120) }
  }
}
