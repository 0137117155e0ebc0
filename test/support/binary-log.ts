import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { BinaryRunner, ended } from './binary-runner.ts'

/** A log directory of its own for one test, gone when the test is over, with every command that was started on it. */
export class BinaryLog extends BinaryRunner {
  constructor(directory?: string) {
    const home = mkdtempSync(join(tmpdir(), 'tslog-binary-'))
    super(directory ?? join(home, 'log'))
    onTestFinished(async () => {
      for (const child of this.children) await ended(child, 'SIGKILL')
      rmSync(home, { recursive: true, force: true })
    })
  }
}
