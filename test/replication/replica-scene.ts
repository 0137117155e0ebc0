import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { BinaryRunner } from '../support/binary-runner.ts'
import type { BinaryRun } from '../support/run-binary.ts'

/** A log and a copy of it side by side, gone when the test is over. */
export class ReplicaScene {
  readonly home = mkdtempSync(join(tmpdir(), 'tslog-replica-'))
  readonly source = new BinaryRunner(join(this.home, 'source'))
  readonly copy = new BinaryRunner(join(this.home, 'copy'))

  constructor() {
    onTestFinished(() => rmSync(this.home, { recursive: true, force: true }))
  }

  /** Pushes from the source into the copy. */
  replicate(...words: string[]): BinaryRun {
    return this.source.run(['replicate', ...words, this.copy.directory])
  }

  /** Whether everything that Kafka knows of a partition is the same bytes in both. */
  filesOf(side: BinaryRunner, partition: string): Record<string, string> {
    const directory = side.path(partition)
    const names = readdirSync(directory).filter((name) => !name.startsWith('tslog') && !name.endsWith('.snapshot'))
    return Object.fromEntries(names.toSorted().map((name) => [name, digest(join(directory, name))]))
  }
}

/** Short, so that a failure can be read. */
function digest(path: string): string {
  const bytes = readFileSync(path)
  return `${bytes.length}:${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`
}

/** Lines `<prefix>0`, `<prefix>1`... */
export function lines(count: number, prefix = 'line-'): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`)
}
