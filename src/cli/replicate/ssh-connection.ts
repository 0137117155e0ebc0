import { setTimeout as sleep } from 'node:timers/promises'
import {
  errorCode,
  MalformedMessageError,
  NotAllowedError,
  RefusedError,
  TemporaryError,
  type TslogError,
} from '../../base/errors.ts'
import { ExitCode } from '../exit-code.ts'
import { visibleText } from '../format/visible-text.ts'
import { ConnectionLostError, PeerLink } from './peer-link.ts'
import { PipeStream } from './pipe-stream.ts'
import type { SshProcess } from './ssh-process.ts'

/** How long ssh may take to end once its pipes have, in ms. */
const exitWaitMs = 2000

/** A tslog on another machine, behind the pipes of an ssh. */
export class SshConnection {
  readonly link: PeerLink
  readonly #host: string
  readonly #process: SshProcess

  constructor(process: SshProcess, host: string) {
    this.#host = host
    this.#process = process
    this.link = new PeerLink(new PipeStream(host, process.readEnd, process.writeEnd), true)
  }

  /** What a failure of the link really was: ssh and the far shell tell it by exit code and on stderr. */
  async explain(error: unknown): Promise<unknown> {
    if (error instanceof MalformedMessageError) {
      return new RefusedError(`${this.#host} said something that is not replication: ${error.message}`, {
        hint: 'does a login script print something there? try: ssh HOST true',
      })
    }
    if (!(error instanceof ConnectionLostError)) return error
    const code = await Promise.race([this.#process.exited, sleep(exitWaitMs, undefined, { ref: false })])
    return code === undefined ? error : this.#failureOf(code, error)
  }

  /** What the far side warned of. */
  get warnings(): string[] {
    return this.#process.said
      .split('\n')
      .filter((line) => line.startsWith('tslog: '))
      .map((line) => line.slice('tslog: '.length))
  }

  close(): void {
    this.link.close()
    this.#process.kill()
  }

  #failureOf(code: number, lost: ConnectionLostError): TslogError {
    const { spawnError } = this.#process
    if (spawnError !== undefined) return notRun(spawnError)
    const said = visibleText(this.#process.said.trimEnd().split('\n').at(-1)?.trim() ?? '')
    if (code === 127 || code === 126) {
      return new RefusedError(`no tslog can be run on ${this.#host}: ${said}`, {
        hint: 'install it there, or say where it is: --remote-tslog /opt/tslog/bin/tslog',
      })
    }
    if (code === 255) return sshFailure(this.#host, said)
    // It did not take the one word that it was called with: ours does.
    if (code === ExitCode.usage) {
      return new RefusedError(`tslog on ${this.#host} does not know replication as it is spoken here: ${said}`, {
        hint: 'bring both sides to one version of tslog',
      })
    }
    if (code === 0) return lost
    return new TemporaryError(`tslog on ${this.#host} ended with exit code ${code}${said === '' ? '' : `: ${said}`}`, {
      hint: 'run the command again: it goes on where it was',
    })
  }
}

function notRun(error: Error): TslogError {
  if (errorCode(error) === 'ENOENT') {
    const hint = 'is it installed? --ssh-command names another one'
    return new RefusedError(`cannot run ssh: ${error.message}`, { hint })
  }
  const hint = 'ulimit -n and -u: how many files may be open, and processes run'
  return new TemporaryError(`cannot run ssh: ${error.message}`, { hint })
}

function sshFailure(host: string, said: string): TslogError {
  if (/host key verification failed/i.test(said)) {
    return new NotAllowedError(`ssh to ${host}: ${said}`, {
      hint: 'its key is not known here: connect by hand once, compare it and accept it: ssh HOST true',
    })
  }
  if (/permission denied|too many authentication failures/i.test(said)) {
    return new NotAllowedError(`ssh to ${host}: ${said}`, {
      hint: 'a key without a passphrase, or an agent, is needed; try: ssh HOST true',
    })
  }
  return new TemporaryError(`ssh to ${host}: ${said === '' ? 'the connection ended' : said}`, {
    hint: 'try: ssh HOST true',
  })
}
