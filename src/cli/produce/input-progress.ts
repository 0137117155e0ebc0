import { fileCalls, type FileStatus } from '../../disk/file-calls.ts'
import type { CliContext } from '../context.ts'
import { type ProgressLine, progressLineOf, showStatusOnSignal } from '../progress.ts'

export interface InputProgressOptions {
  /** The inputs in their order; `-` is standard input. */
  readonly names: readonly string[]
  readonly quiet: boolean
  /** Whether standard output is a copy of the input, which a line would be drawn into. */
  readonly tees: boolean
}

/**
 * How far `produce` is: a line on a terminal where every input is a file, so that the end is known, and a line for each
 * SIGUSR1 whatever the inputs are.
 */
export class InputProgress implements Disposable {
  readonly #line: ProgressLine
  readonly #status: Disposable
  readonly #bytesTotal: number | undefined
  /** Bytes of the inputs before the one that is read. */
  #bytesBefore = 0
  #bytes = 0

  constructor({ names, quiet, tees }: InputProgressOptions, context: CliContext) {
    this.#bytesTotal = totalBytes(names, context.stdin)
    this.#line = progressLineOf(context, { quiet: quiet || this.#bytesTotal === undefined || tees })
    this.#status = showStatusOnSignal(this.#line)
  }

  /** Says how many bytes of the input were read, and how many records are in the log. */
  update(bytesRead: number, records: number): void {
    this.#bytes = this.#bytesBefore + bytesRead
    this.appended(records)
  }

  /** Says how many records are in the log while nothing more is read. */
  appended(records: number): void {
    this.#line.update({ bytes: this.#bytes, records, bytesTotal: this.#bytesTotal })
  }

  /** The input has ended after so many bytes; the next one begins. */
  ended(bytesRead: number): void {
    this.#bytesBefore += bytesRead
  }

  /** Takes the line away, before anything else is said. */
  clear(): void {
    this.#line.clear()
  }

  [Symbol.dispose](): void {
    this.clear()
    this.#status[Symbol.dispose]()
  }
}

/** Bytes of all inputs; undefined when one of them is no file, or cannot be looked at: what is wrong is said when it is opened. */
function totalBytes(names: readonly string[], stdin: number): number | undefined {
  let total = 0
  for (const name of names) {
    const facts = factsOf(name, stdin)
    if (facts?.kind !== 'file') return undefined
    total += facts.size
  }
  return total
}

function factsOf(name: string, stdin: number): FileStatus | undefined {
  try {
    return name === '-' ? fileCalls().statusOf(stdin) : fileCalls().statusAt(name, true)
  } catch {
    return undefined
  }
}
