import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  MalformedMessageError,
  NotAllowedError,
  RefusedError,
  TemporaryError,
  type TslogError,
} from '../../base/errors.ts'
import { visibleText } from '../format/visible-text.ts'
import { ConnectionLostError, PeerLink } from './peer-link.ts'
import { PipeStream } from './pipe-stream.ts'

/** So much of what the far side says on stderr is kept, in characters. */
const saidMax = 4096
/** How long ssh may take to end once its pipes have, in ms. */
const exitWaitMs = 2000

/** A tslog on another machine, behind the pipes of an ssh. */
export class SshConnection {
  readonly link: PeerLink
  readonly #host: string
  readonly #child: ChildProcessWithoutNullStreams
  readonly #exited: Promise<number>
  #said = ''
  #spawnError: Error | undefined

  /** `commandLine` as `sshCommandLine` makes it. */
  constructor(commandLine: readonly string[], host: string) {
    this.#host = host
    const [program = 'ssh', ...words] = commandLine
    this.#child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#exited = new Promise((resolve) => {
      this.#child.on('error', (error) => {
        this.#spawnError = error
        resolve(-1)
      })
      this.#child.on('close', (code) => resolve(code ?? -1))
    })
    this.#child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (this.#said = (this.#said + text).slice(-saidMax)))
    this.link = new PeerLink(new PipeStream(host, this.#child.stdout, this.#child.stdin), true)
  }

  /** What a failure of the link really was: ssh and the far shell tell it by exit code and on stderr. */
  async explain(error: unknown): Promise<unknown> {
    if (error instanceof MalformedMessageError) {
      return new RefusedError(`${this.#host} said something that is not replication: ${error.message}`, {
        hint: 'does a login script print something there? try: ssh HOST true',
      })
    }
    if (!(error instanceof ConnectionLostError)) return error
    const code = await Promise.race([this.#exited, sleep(exitWaitMs, undefined, { ref: false })])
    return code === undefined ? error : this.#failureOf(code, error)
  }

  /** What the far side warned of. */
  get warnings(): string[] {
    return this.#said
      .split('\n')
      .filter((line) => line.startsWith('tslog: '))
      .map((line) => line.slice('tslog: '.length))
  }

  close(): void {
    this.link.close()
    this.#child.kill()
  }

  #failureOf(code: number, lost: ConnectionLostError): TslogError {
    if (this.#spawnError !== undefined) {
      return new TemporaryError(`cannot run ssh: ${this.#spawnError.message}`, {
        hint: 'is it installed? --ssh-command names another one',
      })
    }
    const said = visibleText(this.#said.trimEnd().split('\n').at(-1)?.trim() ?? '')
    if (code === 127 || code === 126) {
      return new RefusedError(`no tslog can be run on ${this.#host}: ${said}`, {
        hint: 'install it there, or say where it is: --remote-tslog /opt/tslog/bin/tslog',
      })
    }
    if (code === 255) return sshFailure(this.#host, said)
    if (code === 0) return lost
    return new TemporaryError(`tslog on ${this.#host} ended with exit code ${code}${said === '' ? '' : `: ${said}`}`, {
      hint: 'run the command again: it goes on where it was',
    })
  }
}

function sshFailure(host: string, said: string): TslogError {
  if (/permission denied|host key verification failed|too many authentication failures/i.test(said)) {
    return new NotAllowedError(`ssh to ${host}: ${said}`, {
      hint: 'a key without a passphrase, or an agent, is needed; try: ssh HOST true',
    })
  }
  return new TemporaryError(`ssh to ${host}: ${said === '' ? 'the connection ended' : said}`, {
    hint: 'try: ssh HOST true',
  })
}
