import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'

/** One thing that a client is told to do: the name of the step, and what it needs. */
export interface Step {
  readonly do: string
  readonly [detail: string]: unknown
}

/** What came of it: a value that JSON can carry, or the name of the error. */
export type Answer = { readonly ok: unknown } | { readonly error: string }

/** A client library, or the tools of one, that does what it is told on one broker. */
export interface TriedClient {
  do(step: Step): Promise<Answer>
  close(): Promise<void>
}

/** A client that is a library of this process: its steps, and how an error of it is named. */
export class LibraryClient implements TriedClient {
  readonly #steps: Readonly<Record<string, (step: never) => Promise<unknown>>>
  readonly #nameOf: (error: unknown) => string
  readonly #end: () => Promise<void>

  constructor(
    steps: Readonly<Record<string, (step: never) => Promise<unknown>>>,
    nameOf: (error: unknown) => string,
    end: () => Promise<void> = async () => undefined,
  ) {
    this.#steps = steps
    this.#nameOf = nameOf
    this.#end = end
  }

  async do(step: Step): Promise<Answer> {
    try {
      const act = this.#steps[step.do]
      if (act === undefined) throw new Error(`no step ${step.do}`)
      // As JSON has it, like the answers of the other clients.
      return { ok: JSON.parse(JSON.stringify((await act(step as never)) ?? null, plain)) as unknown }
    } catch (error) {
      return { error: this.#nameOf(error) }
    }
  }

  close(): Promise<void> {
    return this.#end()
  }
}

function plain(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}

/** A client that is a program: it reads a step a line and answers each with a line. */
export class ProgramClient implements TriedClient {
  readonly #process: ChildProcess
  readonly #lines: Interface
  readonly #waiting: ((answer: Answer) => void)[] = []
  readonly #errors: string[] = []

  constructor(command: string, words: readonly string[]) {
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' }
    this.#process = spawn(command, words, { stdio: ['pipe', 'pipe', 'pipe'], env })
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => this.#errors.push(text))
    this.#process.stdin?.on('error', () => undefined)
    this.#lines = createInterface({ input: this.#process.stdout ?? process.stdin })
    this.#lines.on('line', (line) => this.#waiting.shift()?.(JSON.parse(line) as Answer))
    this.#process.on('exit', (code) => {
      const error = `${command} ended with ${code}: ${this.#errors.join('').slice(-2000)}`
      for (const answered of this.#waiting.splice(0)) answered({ error })
    })
  }

  do(step: Step): Promise<Answer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#process.stdin?.write(`${JSON.stringify(step)}\n`)
    })
  }

  async close(): Promise<void> {
    this.#process.kill('SIGKILL')
  }
}
