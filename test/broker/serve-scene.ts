import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SocketStream } from '../../src/network/socket-stream.ts'
import { builtBinary } from '../support/built-binary.ts'
import { TestClient } from './test-client.ts'

/** A `tslog serve` of the built binary on a directory of its own, or on a given one. */
export class ServeScene {
  readonly directory: string
  /** Where it listens, in the order of `--listen`. */
  readonly addresses: readonly string[]
  readonly #process: ChildProcess
  readonly #exited: Promise<number | null>
  readonly #clients: TestClient[] = []
  readonly #log: string[]

  private constructor(directory: string, addresses: readonly string[], started: Started) {
    this.directory = directory
    this.addresses = addresses
    this.#process = started.process
    this.#exited = started.exited
    this.#log = started.log
  }

  static async start(
    flags: readonly string[] = [],
    directory = mkdtempSync(join(tmpdir(), 'tslog-serve-')),
  ): Promise<ServeScene> {
    const listens = flags.filter((flag) => flag === '--listen').length
    const first = listens === 0 ? ['--listen', '127.0.0.1:0'] : []
    const started = launch(['-d', directory, 'serve', ...first, ...flags], Math.max(1, listens))
    return new ServeScene(directory, await started.addresses, started)
  }

  /** The program that serves. */
  get binary(): string {
    return builtBinary()
  }

  get address(): string {
    return this.addresses[0] ?? ''
  }

  get port(): number {
    return Number(this.address.split(':')[1])
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  /** What it has said on stderr so far. */
  get log(): string {
    return this.#log.join('')
  }

  /** A connection that speaks the protocol and nothing else. */
  connect(): Promise<TestClient> {
    return this.connectTo(0)
  }

  /** The same to one of several listeners, or by another address of this machine. */
  async connectTo(listener: number, host = '127.0.0.1'): Promise<TestClient> {
    const port = Number(this.addresses[listener]?.split(':')[1])
    const socket = connect({ host, port, noDelay: true })
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    const client = new TestClient(new SocketStream(socket, this.address))
    this.#clients.push(client)
    return client
  }

  /** Makes it read its settings again. */
  reload(): void {
    this.#process.kill('SIGHUP')
  }

  /** Sends `signal` and resolves to the exit code; `null` when it was killed. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    for (const client of this.#clients.splice(0)) client.close()
    this.#process.kill(signal)
    return this.#exited
  }

  /** Ends everything and removes the directory. */
  async remove(): Promise<void> {
    await this.stop('SIGKILL')
    rmSync(this.directory, { recursive: true, force: true })
  }
}

interface Started {
  readonly process: ChildProcess
  readonly exited: Promise<number | null>
  readonly addresses: Promise<readonly string[]>
  readonly log: string[]
}

function launch(args: readonly string[], listeners: number): Started {
  const child = spawn(builtBinary(), args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const log: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text))
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const addresses = new Promise<readonly string[]>((resolve, reject) => {
    let told = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text
      const lines = told.split('\n').slice(0, -1)
      if (lines.length === listeners) resolve(lines)
    })
    void exited.then((code) => reject(new Error(`serve ended with ${code}: ${log.join('')}`)))
  })
  return { process: child, exited, addresses, log }
}
