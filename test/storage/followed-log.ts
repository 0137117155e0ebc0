import type { ChildProcess } from 'node:child_process'
import { type BinaryRunner, ended } from '../support/binary-runner.ts'

/** A `consume --follow` of the topic `t` that runs beside what a script does, and what it has printed so far. */
export class FollowedLog {
  readonly #reader: ChildProcess
  #text = ''
  #errors = ''

  constructor(log: BinaryRunner, format: string) {
    this.#reader = log.start(['consume', 't', '--follow', '-u', '-f', `${format}\\n`])
    this.#reader.stdout?.on('data', (data: Buffer) => (this.#text += data.toString()))
    this.#reader.stderr?.on('data', (data: Buffer) => (this.#errors += data.toString()))
  }

  get lines(): string[] {
    return this.#text.split('\n').slice(0, -1)
  }

  /** Waits until so many lines have come, and ends the reader. Throws when they do not come, or the reader had to say something. */
  async end(count: number): Promise<string[]> {
    for (let waitedMs = 0; this.lines.length < count && waitedMs < 60_000; waitedMs += 50) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await ended(this.#reader, 'SIGTERM')
    if (this.#errors !== '') throw new Error(`the reader said: ${this.#errors}`)
    if (this.lines.length !== count) throw new Error(`${this.lines.length} lines came to the reader, not ${count}`)
    return this.lines
  }
}
