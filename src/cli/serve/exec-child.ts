import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { describeErrorCode, errorCode, RefusedError } from '../../base/errors.ts'

/** What the shell says of a command that is not there, and of one that may not be run. */
const notFound = 127

export interface ChildWorld {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Sends the child SIGTERM when aborted. */
  readonly stop: AbortSignal
}

/**
 * Runs a shell command with our standard streams until it ends; resolves to the exit code that a shell would give. Throws `RefusedError` when
 * there is no shell.
 */
export function runChild(command: string, { environment, stop }: ChildWorld): Promise<number> {
  const child = spawn('/bin/sh', ['-c', command], { stdio: 'inherit', env: environment })
  const end = (): void => void child.kill('SIGTERM')
  stop.addEventListener('abort', end)
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(
        new RefusedError(`--exec: cannot run /bin/sh: ${describeErrorCode(errorCode(error), error)}`, { cause: error }),
      )
    })
    child.once('exit', (code, signal) => {
      stop.removeEventListener('abort', end)
      resolve(code ?? (signal === null ? notFound : 128 + constants.signals[signal]))
    })
  })
}
