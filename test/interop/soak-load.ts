import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { type Consumer, Kafka, logLevel, type Producer } from 'kafkajs'
import { builtBinary } from '../support/built-binary.ts'
import type { TriedServe } from './brokers.ts'

/** What the clients of a soak do, all at once, until they are stopped. A record's value is its number. */
export class SoakLoad {
  /** Records that were acknowledged. */
  sent = 0
  /** Errors that clients got, as they do while the broker is away. */
  failures = 0
  readonly #broker: TriedServe
  readonly #ratePerSecond: number
  readonly #kafka: Kafka
  readonly #acknowledged = new Set<number>()
  readonly #seen = new Set<number>()
  readonly #work: Promise<void>[] = []
  readonly #members: Consumer[] = []
  #isStopped = false
  #next = 0

  constructor(broker: TriedServe, ratePerSecond: number) {
    this.#broker = broker
    this.#ratePerSecond = ratePerSecond
    this.#kafka = new Kafka({
      clientId: 'soak',
      brokers: [broker.bootstrap],
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 100 },
    })
  }

  get seen(): number {
    return this.#seen.size
  }

  async start(): Promise<void> {
    for (let i = 0; i < 3; i++) this.#members.push(await this.#member())
    this.#work.push(this.#produce(), this.#produce())
    this.#work.push(this.#every(20_000, () => this.#changeMember()))
    this.#work.push(this.#every(5000, () => this.#shell()))
    this.#work.push(this.#every(7000, () => this.#topicComesAndGoes()))
    this.#work.push(this.#every(1000, () => this.#dropConnections()))
  }

  /** Ends the producers, waits until what they sent was seen, and ends the rest. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#work)
    for (let i = 0; i < 300 && this.lost() > 0; i++) await sleep(100)
    for (const member of this.#members) await member.disconnect()
  }

  /** How many acknowledged records no member has seen. */
  lost(): number {
    let lost = 0
    for (const value of this.#acknowledged) if (!this.#seen.has(value)) lost += 1
    return lost
  }

  async #produce(): Promise<void> {
    const producer: Producer = this.#kafka.producer()
    await producer.connect()
    const each = 20
    const pauseMs = (each * 1000 * 2) / this.#ratePerSecond
    while (!this.#isStopped) {
      const values = Array.from({ length: each }, () => this.#next++)
      const messages = values.map((value) => ({ key: String(value % 97), value: `${value} ${'x'.repeat(90)}` }))
      await this.#tried(async () => {
        await producer.send({ topic: 'soak', messages, acks: -1 })
        for (const value of values) this.#acknowledged.add(value)
        this.sent += each
      })
      await sleep(pauseMs)
    }
    await producer.disconnect()
  }

  async #member(): Promise<Consumer> {
    const consumer = this.#kafka.consumer({ groupId: 'soak', sessionTimeout: 10_000, maxWaitTimeInMs: 500 })
    await consumer.connect()
    await consumer.subscribe({ topics: ['soak'], fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => void this.#seen.add(Number.parseInt(message.value?.toString() ?? '')),
    })
    return consumer
  }

  async #changeMember(): Promise<void> {
    await this.#members.shift()?.disconnect()
    this.#members.push(await this.#member())
  }

  /** A command appends to a topic of its own, through the server when it is there. */
  async #shell(): Promise<void> {
    const words = ['-d', this.#broker.directory, 'produce', 'shell', '-q']
    const child = spawn(builtBinary(), words, { stdio: ['pipe', 'ignore', 'ignore'] })
    child.stdin.on('error', () => undefined)
    child.stdin.end('a line\n'.repeat(100))
    await new Promise((resolve) => child.once('exit', resolve))
  }

  async #topicComesAndGoes(): Promise<void> {
    const admin = this.#kafka.admin()
    await admin.connect()
    const topic = `passing-${Date.now()}`
    await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true })
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopics({ topics: [topic] })
    await admin.disconnect()
  }

  /** Clients that say nothing, half a frame or nonsense, and are gone. */
  async #dropConnections(): Promise<void> {
    const [host = '', port = ''] = this.#broker.bootstrap.split(':')
    for (const bytes of [[], [0, 0, 0, 100, 0, 3], [255, 255, 255, 255]]) {
      const socket = connect(Number(port), host)
      socket.on('error', () => undefined)
      socket.on('connect', () => socket.write(Uint8Array.from(bytes)))
      await sleep(50)
      socket.destroy()
    }
  }

  async #every(ms: number, act: () => Promise<void>): Promise<void> {
    while (!this.#isStopped) {
      await this.#tried(act)
      await sleep(ms)
    }
  }

  async #tried(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch {
      this.failures += 1
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
