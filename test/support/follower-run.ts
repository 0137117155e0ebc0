import type { ChildProcess } from 'node:child_process'
import { onTestFinished } from 'vitest'

/** A line that `replicate --follow --json` printed. */
export interface RunEvent {
  readonly event: string
  readonly records?: number
  readonly reason?: string
}

/** A `replicate --follow --json` that was started, for one test, and what it tells. */
export class FollowerRun {
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>
  #text = ''

  constructor(child: ChildProcess) {
    this.#child = child
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#text += text))
    this.#ended = new Promise((resolve) => child.once('close', resolve))
    onTestFinished(() => void child.kill('SIGKILL'))
  }

  /** Whole lines so far. */
  get events(): RunEvent[] {
    return this.#text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as RunEvent)
  }

  /** The events of one kind so far. */
  of(event: string): RunEvent[] {
    return this.events.filter((one) => one.event === event)
  }

  /** Resolves to the exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    return this.#ended
  }
}
