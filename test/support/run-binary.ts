import { spawnSync } from 'node:child_process'
import { builtBinary } from './built-binary.ts'

/** What a run of the shipped binary came to. */
export interface BinaryRun {
  /** The exit code, or -1 when a signal ended it. */
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
}

/** Runs dist/tslog with these words and this standard input; nothing of the caller's environment but PATH and HOME. */
export function runBinary(words: readonly string[], input: Uint8Array | string = '', cwd?: string): BinaryRun {
  const { PATH, HOME } = process.env
  const run = spawnSync(builtBinary(), words, {
    input,
    ...(cwd !== undefined && { cwd }),
    env: { PATH, HOME },
    maxBuffer: 1 << 30,
  })
  return { code: run.status ?? -1, stdout: run.stdout, stderr: run.stderr.toString() }
}

/** Runs a shell script with `$tslog` and `$dir` set. */
export function runShell(script: string, directory: string): BinaryRun {
  const { PATH, HOME } = process.env
  const run = spawnSync('bash', ['-c', script], {
    env: { PATH, HOME, tslog: builtBinary(), dir: directory, TSLOG_DIR: directory },
    maxBuffer: 1 << 30,
  })
  return { code: run.status ?? -1, stdout: run.stdout, stderr: run.stderr.toString() }
}
