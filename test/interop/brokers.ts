import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ServeScene } from '../broker/serve-scene.ts'
import { type KafkaBroker, startKafka } from '../support/kafka/broker.ts'

/** A broker that clients are tried on: it keeps its address and its directory when it is started anew. */
export interface TriedBroker {
  readonly name: 'kafka' | 'tslog'
  /** `127.0.0.1:PORT`. */
  readonly bootstrap: string
  /** Ends the broker with `signal` and starts it again. */
  restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  stop(): Promise<void>
}

/** `tslog serve` of the built binary. */
export class TriedServe implements TriedBroker {
  readonly name = 'tslog'
  readonly directory: string
  readonly bootstrap: string
  readonly #flags: readonly string[]
  #scene: ServeScene

  private constructor(scene: ServeScene, flags: readonly string[]) {
    this.#scene = scene
    this.#flags = flags
    this.directory = scene.directory
    this.bootstrap = scene.address
  }

  static async start(flags: readonly string[] = []): Promise<TriedServe> {
    return new TriedServe(await ServeScene.start(flags), flags)
  }

  get pid(): number {
    return this.#scene.pid
  }

  /** What the present process has said on stderr. */
  get log(): string {
    return this.#scene.log
  }

  async restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const code = await this.#scene.stop(signal)
    // As a command that SIGTERM ends: 128 + 15.
    if (signal === 'SIGTERM' && code !== 143) throw new Error(`serve ended with ${code}: ${this.#scene.log}`)
    this.#scene = await ServeScene.start([...this.#flags, '--listen', this.bootstrap], this.directory)
  }

  /** Stops the process for so long as a machine that does nothing, and lets it go on. */
  async pause(ms: number): Promise<void> {
    process.kill(this.pid, 'SIGSTOP')
    await new Promise((resolve) => setTimeout(resolve, ms))
    process.kill(this.pid, 'SIGCONT')
  }

  async stop(): Promise<void> {
    await this.#scene.remove()
  }
}

/** As `tslog serve --partitions 4`. */
const properties = { 'num.partitions': '4' }

/** Apache Kafka. */
export async function triedKafka(): Promise<TriedBroker> {
  const logDir = mkdtempSync(join(tmpdir(), 'tslog-tried-kafka-'))
  let broker: KafkaBroker = await startKafka({ logDir, properties })
  const { bootstrap } = broker
  return {
    name: 'kafka',
    bootstrap,
    async restart(signal) {
      await broker.stop(signal)
      broker = await startKafka({ logDir, properties, port: Number(bootstrap.split(':')[1]) })
    },
    async stop() {
      await broker.stop('SIGKILL')
      rmSync(logDir, { recursive: true, force: true })
    },
  }
}
