import type { InputKind } from './input.ts'
import type { Surroundings } from './shell.ts'

/** One side of a comparison: what bash runs, again and again. */
export interface Contender {
  /** What a reader sees: the command with short names. */
  readonly label: string
  /** The timed bash script; any command of it that fails ends the benchmark. */
  readonly script: string
  /** Untimed bash before every run: removes what the last run left, so that each begins with fresh files. */
  readonly prepare?: string
  /** About so many bytes of new files are written: memory for them is made warm right before every run. */
  readonly bytesWritten?: number
  /**
   * A file in `work` into which the script writes what counts: seconds where its start-up is not what is compared, or megabytes where the goal
   * is `memory`.
   */
  readonly amountFile?: string
  /** Process ids of servers that work for the script: their CPU is its own. */
  readonly servers?: readonly number[]
  /** How often the script does the thing, 1 by default: start-up is measured in one loop of many. */
  readonly repeats?: number
}

/** Two commands that run in turn. */
export interface Duel {
  readonly kind: 'duel'
  readonly tslog: Contender
  readonly rival: Contender
  /** Untimed bash after the first run of tslog, which must succeed: is the work right, or only quick? */
  readonly check?: string
  /** Stops what was started for it; also when a run failed. */
  end?(): void
}

/** A figure that has no rival, in the unit of the goal. */
interface Reading {
  readonly kind: 'reading'
  readonly label: string
  read(): Promise<{ readonly amount: number; readonly note: string }>
}

/** Why a row cannot run here: the rival is not installed, or tslog does not know the command yet. */
interface Skipped {
  readonly kind: 'skipped'
  readonly reason: string
}

/**
 * What is compared and where the bar lies.
 * - `time`: seconds of tslog over seconds of the rival, at most
 * - `speed`: seconds of the rival over seconds of tslog (the same work), at least
 * - `extraMs`: milliseconds of tslog above the rival, at most
 * - `memory`: megabytes of tslog over megabytes of the rival, at most
 * - `megabytes`, `milliseconds`, `corePercent`: of tslog alone, at most
 */
export interface Goal {
  readonly figure: 'time' | 'speed' | 'extraMs' | 'memory' | 'megabytes' | 'milliseconds' | 'corePercent'
  readonly must: number
  readonly hopedFor?: number
}

/** A line of the table of goals. */
export interface Row {
  /** What --row takes; rows of one file share the word before the hyphen. */
  readonly name: string
  /** Which physical or practical limit the rival stands for. */
  readonly limit: string
  readonly goal: Goal
  start(bench: Bench): Promise<Duel | Reading | Skipped>
}

/** What a row finds when it starts. */
export interface Bench {
  /** The shipped binary, absolute. */
  readonly tslog: string
  /** An empty Node 26 to compare start-up with. */
  readonly node: string
  /** Bytes of each input. */
  readonly size: number
  /** Where inputs and compiled rivals are kept from run to run. */
  readonly data: string
  /** An empty directory of this row, beside the inputs on the same file system; removed when the row is done. */
  readonly work: string
  /** For every script: the current directory is `work`, the log directory `log` in it, and no file of the user's is read. */
  readonly surroundings: Surroundings
  /** The cached input of that kind, made if it is missing. */
  input(kind: InputKind): Promise<string>
}
