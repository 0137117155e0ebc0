import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { RefusedError } from '../../base/errors.ts'
import { nativeCalls, type PipeEnds } from '../../disk/native-calls.ts'

/** So much of what the far side says on stderr is kept, in characters. */
const saidMax = 4096

/** An ssh that runs. It takes long to connect, so it is started before anything else is done. */
export class SshProcess {
  /** Ends of our own, for who talks to the far side; they are closed by whoever that is. */
  readonly readEnd: number
  readonly writeEnd: number
  /** Its exit code; -1 when it has none. */
  readonly exited: Promise<number>
  readonly #child: ChildProcess
  #said = ''
  #spawnError: Error | undefined

  /** `commandLine` as `sshCommandLine` makes it. */
  constructor(commandLine: readonly string[]) {
    const [program = 'ssh', ...words] = commandLine
    const [toSsh, fromSsh] = [openPipe(), openPipe()]
    this.readEnd = fromSsh.readEnd
    this.writeEnd = toSsh.writeEnd
    this.#child = spawn(program, words, { stdio: [toSsh.readEnd, fromSsh.writeEnd, 'pipe'] })
    closeSync(toSsh.readEnd)
    closeSync(fromSsh.writeEnd)
    this.exited = new Promise((resolve) => {
      this.#child.on('error', (error) => {
        this.#spawnError = error
        resolve(-1)
      })
      this.#child.on('close', (code) => resolve(code ?? -1))
    })
    // One that could not be run has no stderr at all, whatever the types say.
    const stderr: Readable | null | undefined = this.#child.stderr
    stderr?.setEncoding('utf8').on('data', (text: string) => (this.#said = (this.#said + text).slice(-saidMax)))
  }

  /** The last of what it and the far side said on stderr. */
  get said(): string {
    return this.#said
  }

  /** Why it could not be run at all. */
  get spawnError(): Error | undefined {
    return this.#spawnError
  }

  kill(): void {
    this.#child.kill()
  }
}

function openPipe(): PipeEnds {
  const ends = nativeCalls()?.openPipe()
  if (ends === undefined)
    throw new RefusedError('no pipe to ssh can be made here', { hint: 'ulimit -n: how many files may be open' })
  return ends
}
