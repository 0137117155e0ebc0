import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { kafkaJars } from './home.ts'

/** A real Kafka, broker and KRaft controller in one process, for one test. */
export interface KafkaBroker {
  /** `127.0.0.1:PORT`. */
  readonly bootstrap: string
  readonly logDir: string
  /** What it has logged so far, a line each. */
  readonly said: readonly string[]
  /** Ends the broker in order (clean marker, trimmed indexes) or with SIGKILL, and removes a log directory that it made itself. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

export interface KafkaBrokerOptions {
  /** An empty directory for its configuration and its log directory, removed in the end; one among the temporary files otherwise. */
  readonly home?: string
  /** Kept after stop; a directory of its own otherwise. It is formatted if it has no meta.properties. */
  readonly logDir?: string
  /** Where clients find it; a free port otherwise. */
  readonly port?: number
  /** Listeners for clients, such as `SSL://127.0.0.1:PORT`; PLAINTEXT on `port` otherwise. */
  readonly listeners?: string
  /** Broker properties over the defaults of this file. */
  readonly properties?: Readonly<Record<string, string>>
}

const startMsMax = 60_000

/** Starts a broker on free ports and returns when it serves. Call it only when kafkaMissing() is undefined. */
export async function startKafka(options: KafkaBrokerOptions = {}): Promise<KafkaBroker> {
  const { home, config, logDir, bootstrap } = await layOutKafka(options)
  const broker = java(['kafka.Kafka', config])
  const said = await served(broker)
  const stop = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> => {
    const ended = once(broker, 'exit')
    broker.kill(signal)
    await ended
    rmSync(home, { recursive: true, force: true })
  }
  return { bootstrap, logDir, said, stop }
}

/** A broker that could be started: `kafka.Kafka CONFIG`. */
export interface KafkaLayout {
  /** A directory of its own for all that is not kept. */
  readonly home: string
  /** The file with its properties. */
  readonly config: string
  /** Formatted. */
  readonly logDir: string
  /** `127.0.0.1:PORT`, where it is going to listen. */
  readonly bootstrap: string
}

/** Writes down how a broker is to run, and formats its log directory. */
export async function layOutKafka(options: KafkaBrokerOptions = {}): Promise<KafkaLayout> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'tslog-kafka-'))
  const logDir = options.logDir ?? join(home, 'log')
  mkdirSync(logDir, { recursive: true })
  const [freePort, controllerPort] = await freePorts()
  const port = options.port ?? freePort
  const config = join(home, 'server.properties')
  const listeners = options.listeners ?? `PLAINTEXT://127.0.0.1:${port}`
  const properties = { ...defaults(logDir, listeners, controllerPort), ...options.properties }
  writeFileSync(
    config,
    Object.entries(properties)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  )
  await format(config)
  return { home, config, logDir, bootstrap: `127.0.0.1:${port}` }
}

function defaults(logDir: string, listeners: string, controllerPort: number): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `${listeners},CONTROLLER://127.0.0.1:${controllerPort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT',
    'log.dirs': logDir,
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
  }
}

async function format(config: string): Promise<void> {
  const arguments_ = ['format', '--cluster-id', 'b3JhY2xlb3JhY2xlb3JhYw', '--ignore-formatted', '--config', config]
  const tool = java(['kafka.tools.StorageTool', ...arguments_])
  const [code] = (await once(tool, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`kafka.tools.StorageTool format ended with ${code}`)
}

function java(arguments_: readonly string[]): ChildProcess {
  const quick = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto']
  const log = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=info', '-Dorg.slf4j.simpleLogger.logFile=System.out']
  return spawn('java', [...quick, ...log, '-cp', `${kafkaJars()}/*`, ...arguments_], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** The broker says so when it serves. What it says is read on after that too, or its pipe would fill. */
async function served(broker: ChildProcess): Promise<readonly string[]> {
  if (broker.stdout === null) throw new Error('the broker has no stdout')
  const lines = createInterface({ input: broker.stdout })
  const said: string[] = []
  const started = new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      said.push(line)
      if (line.includes('Kafka Server started')) resolve()
    })
    broker.once('exit', () => reject(new Error(`Kafka did not start\n${said.slice(-50).join('\n')}`)))
    setTimeout(
      () => reject(new Error(`Kafka does not serve after ${startMsMax} ms\n${said.slice(-50).join('\n')}`)),
      startMsMax,
    ).unref()
  })
  try {
    await started
    return said
  } catch (error) {
    broker.kill('SIGKILL')
    throw error
  }
}

/** Two ports that were free a moment ago, as Kafka must know its controller's port before it binds. */
export async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const
  const listening = servers.map(async (server) => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  })
  const [first = 0, second = 0] = await Promise.all(listening)
  for (const server of servers) server.close()
  return [first, second]
}
