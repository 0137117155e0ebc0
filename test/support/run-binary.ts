import { spawnSync } from 'node:child_process'
import { basename, dirname } from 'node:path'
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

/** What a shell needs to find the binary as `$tslog`: by its name alone, since its path may have spaces. */
export function shellEnvironment(): Record<string, string | undefined> {
  const { PATH, HOME } = process.env
  return { PATH: `${dirname(builtBinary())}:${PATH}`, HOME, tslog: basename(builtBinary()) }
}

/** Runs a shell script with `$tslog` and `$dir` set. */
export function runShell(script: string, directory: string): BinaryRun {
  const run = spawnSync('bash', ['-c', script], {
    env: { ...shellEnvironment(), dir: directory, TSLOG_DIR: directory },
    maxBuffer: 1 << 30,
  })
  return { code: run.status ?? -1, stdout: run.stdout, stderr: run.stderr.toString() }
}
