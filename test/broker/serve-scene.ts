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
  readonly address: string
  readonly #process: ChildProcess
  readonly #exited: Promise<number | null>
  readonly #clients: TestClient[] = []
  readonly #log: string[]

  private constructor(directory: string, address: string, started: Started) {
    this.directory = directory
    this.address = address
    this.#process = started.process
    this.#exited = started.exited
    this.#log = started.log
  }

  static async start(
    flags: readonly string[] = [],
    directory = mkdtempSync(join(tmpdir(), 'tslog-serve-')),
  ): Promise<ServeScene> {
    const started = launch(['-d', directory, 'serve', '--listen', '127.0.0.1:0', ...flags])
    return new ServeScene(directory, await started.address, started)
  }

  /** The program that serves. */
  get binary(): string {
    return builtBinary()
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
  async connect(): Promise<TestClient> {
    const socket = connect({ host: '127.0.0.1', port: this.port, noDelay: true })
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    const client = new TestClient(new SocketStream(socket, this.address))
    this.#clients.push(client)
    return client
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
  readonly address: Promise<string>
  readonly log: string[]
}

function launch(args: readonly string[]): Started {
  const child = spawn(builtBinary(), args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const log: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text))
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const address = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()))
    void exited.then((code) => reject(new Error(`serve ended with ${code}: ${log.join('')}`)))
  })
  return { process: child, exited, address, log }
}
