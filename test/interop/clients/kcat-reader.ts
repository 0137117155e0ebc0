import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Member } from './members.ts'

/** A kcat that reads until it is ended: values on stdout, one a line, and on stderr which partitions its group gives it. */
export class KcatReader implements Member {
  readonly values: string[] = []
  partitions: readonly number[] = []
  readonly #process: ChildProcess

  constructor(process: ChildProcess) {
    this.#process = process
    for (const [stream, take] of [
      [process.stdout, (line: string) => void this.values.push(line)],
      [process.stderr, (line: string) => this.#takeReport(line)],
    ] as const) {
      if (stream !== null) createInterface({ input: stream }).on('line', take)
    }
  }

  /** In order: a member leaves its group. */
  async end(): Promise<void> {
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    await ended
  }

  /** `% Group g rebalanced (memberid m): assigned: t [0], t [1]`, or `revoked: ...`. */
  #takeReport(line: string): void {
    const [, what, list = ''] = / rebalanced .*: (assigned|revoked): (.*)$/.exec(line) ?? []
    if (what === undefined) return
    this.partitions =
      what === 'revoked' ? [] : [...list.matchAll(/\[(\d+)\]/g)].map(([, partition]) => Number(partition))
  }
}
