import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { ProducerId } from '../../../src/base/brands.ts'
import { SocketStream } from '../../../src/network/socket-stream.ts'
import { ErrorCode, errorName } from '../../../src/protocol/error-codes.ts'
import { initProducerIdApi } from '../../../src/protocol/messages/init-producer-id.ts'
import { clientBatch, fetch, partitionsOf, produce, recordsOf, sequenced } from '../../broker/requests.ts'
import { TestClient } from '../../broker/test-client.ts'
import { builtBinary } from '../../support/built-binary.ts'
import type { Poll, Send } from './history.ts'

export const chaosTopic = 'chaos'
const requestMsMax = 3000
/** A command waits for a broker that is paused or starts anew, but not for ever. */
const shellMsMax = 30_000
const inFlightMax = 4

/** What all clients of a run share. */
export interface ChaosRun {
  readonly port: number
  readonly directory: string
  readonly random: () => number
  /** No new records from then on: each client ends once it has its answers, or all that is there. */
  isEnding: boolean
  /** Nobody waits any longer: whoever is not done says so. */
  isOver: boolean
  /** Answers that a client must never get. */
  readonly complaints: string[]
}

interface Unanswered {
  readonly value: string
  readonly sequence: number
}

/** An idempotent producer as the Java client is one: several requests in flight, and after whatever fails all that is unanswered again, in order. */
export class ChaosProducer {
  readonly sends: Send[] = []
  readonly #run: ChaosRun
  readonly #name: string
  readonly #partition: number
  #producerId = -1n
  #next = 0
  #unanswered: Unanswered[] = []

  constructor(run: ChaosRun, name: string, partition: number) {
    this.#run = run
    this.#name = name
    this.#partition = partition
  }

  /** Sends until the run is ending and everything is answered. */
  async work(): Promise<void> {
    while (!this.#isDone()) {
      const client = await connected(this.#run.port)
      if (client === undefined) continue
      try {
        await this.#session(client)
      } catch {
        // The connection is gone, or the broker refused: all of it again.
      }
      client.close()
    }
    for (const { value } of this.#unanswered) this.#run.complaints.push(`unfinished: ${value} is not answered`)
  }

  #isDone(): boolean {
    return this.#run.isOver || (this.#run.isEnding && this.#unanswered.length === 0)
  }

  async #session(client: TestClient): Promise<void> {
    if (this.#producerId < 0n) this.#producerId = await producerId(client)
    const underWay = new Set<Promise<void>>()
    const begin = (one: Unanswered): void => {
      const answered = this.#send(client, one)
      // When the connection ends they all fail, and the oldest says so.
      answered.catch(() => undefined)
      underWay.add(answered)
    }
    for (const one of this.#unanswered) begin(one)
    while (!this.#run.isEnding || underWay.size > 0) {
      while (!this.#run.isEnding && underWay.size < inFlightMax) {
        const one = { value: `${this.#name}-${this.#next}`, sequence: this.#next++ }
        this.#unanswered.push(one)
        begin(one)
      }
      // Requests of one connection are answered in order.
      const [oldest] = underWay
      if (oldest === undefined) return
      await oldest
      underWay.delete(oldest)
      if (this.#run.random() < 0.3) await sleep(this.#run.random() * 10)
    }
  }

  async #send(client: TestClient, one: Unanswered): Promise<void> {
    const batch = sequenced(clientBatch([one.value]), one.sequence, this.#producerId)
    const isOldest = (): boolean => this.#unanswered[0] === one
    const answer = await timely(produce(client, chaosTopic, batch, { partition: this.#partition }), client)
    if (answer.errorCode !== ErrorCode.NONE) {
      if (isOldest() && !retriable.has(answer.errorCode))
        this.#run.complaints.push(`${one.value}: ${errorName(answer.errorCode)}`)
      throw new Error(errorName(answer.errorCode))
    }
    this.#unanswered = this.#unanswered.filter((other) => other !== one)
    this.sends.push({
      producer: this.#name,
      partition: this.#partition,
      value: one.value,
      outcome: { kind: 'ok', offset: answer.baseOffset },
    })
  }
}

const retriable: ReadonlySet<number> = new Set([
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.REQUEST_TIMED_OUT,
])

/** A producer that never sends anything twice, so that it does not know what became of what was not answered. */
export async function plainProducer(run: ChaosRun, name: string, partition: number): Promise<Send[]> {
  const sends: Send[] = []
  let next = 0
  while (!run.isEnding) {
    const client = await connected(run.port)
    while (client !== undefined && !run.isEnding) {
      const value = `${name}-${next++}`
      const send = { producer: name, partition, value }
      try {
        const { errorCode, baseOffset } = await timely(
          produce(client, chaosTopic, clientBatch([value]), { partition, acks: 1 }),
          client,
        )
        const isAcknowledged = errorCode === ErrorCode.NONE
        sends.push({ ...send, outcome: isAcknowledged ? { kind: 'ok', offset: baseOffset } : { kind: 'info' } })
      } catch {
        sends.push({ ...send, outcome: { kind: 'info' } })
        break
      }
      await sleep(run.random() * 10)
    }
    client?.close()
  }
  return sends
}

/** `tslog produce` in the directory, again and again, through the server while it is there and into the files otherwise. */
export async function shellProducer(run: ChaosRun, partition: number): Promise<Send[]> {
  const sends: Send[] = []
  for (let round = 0; !run.isEnding; round++) {
    const values = Array.from({ length: 20 }, (_, i) => `shell-${round}-${i}`)
    const words = ['-d', run.directory, 'produce', chaosTopic, '-p', String(partition), '-q']
    const child = spawn(builtBinary(), words, { stdio: ['pipe', 'ignore', 'ignore'], timeout: shellMsMax })
    child.stdin.on('error', () => undefined)
    child.stdin.end(values.map((value) => `${value}\n`).join(''))
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
    if (signal !== null) run.complaints.push(`unfinished: shell-${round} ended by ${signal}`)
    const outcome = { kind: code === 0 ? 'ok' : 'info' } as const
    for (const value of values) sends.push({ producer: `shell-${round}`, partition, value, outcome })
    await sleep(100 + run.random() * 300)
  }
  return sends
}

/** Reads all partitions from the start on until the run is ending and there is no more. */
export async function consumer(run: ChaosRun, name: string, partitions: number): Promise<Poll[]> {
  const polls: Poll[] = []
  const positions = Array.from({ length: partitions }, () => 0n)
  let isAtEnd = false
  while (!isAtEnd && !run.isOver) {
    const client = await connected(run.port)
    try {
      while (client !== undefined && !isAtEnd && !run.isOver)
        isAtEnd = !(await poll(client, name, positions, polls)) && run.isEnding
    } catch {
      // The connection is gone: on from where it was.
    }
    client?.close()
  }
  if (!isAtEnd) run.complaints.push(`unfinished: ${name} has not read all`)
  return polls
}

/** Reads everything up to the high watermarks. */
export async function readAll(port: number, partitions: number): Promise<Poll[]> {
  const client = await connected(port)
  if (client === undefined) throw new Error('nobody answers at the end')
  const polls: Poll[] = []
  const positions = Array.from({ length: partitions }, () => 0n)
  while (await poll(client, 'final', positions, polls)) continue
  client.close()
  return polls.toSorted((a, b) => a.partition - b.partition)
}

/** One fetch of all partitions; whether there is more to come. */
async function poll(client: TestClient, name: string, positions: bigint[], polls: Poll[]): Promise<boolean> {
  const wishes = positions.map((from, partition) => ({ topic: chaosTopic, partition, from, bytesMax: 65_536 }))
  const response = await timely(fetch(client, wishes, { maxWaitMs: 200, version: 11 }), client)
  let hasMore = false
  for (const told of partitionsOf(response)) {
    const partition = told.partitionIndex
    const from = positions[partition] ?? 0n
    const one = { ...response, responses: [{ topic: chaosTopic, topicId: '', partitions: [told] }] }
    for (const line of recordsOf(one as typeof response, from)) {
      const [at = '', value = ''] = line.split(' ')
      polls.push({ consumer: name, partition, offset: BigInt(at), value })
      positions[partition] = BigInt(at) + 1n
    }
    if (told.errorCode === ErrorCode.NONE && (positions[partition] ?? 0n) < told.highWatermark) hasMore = true
  }
  return hasMore
}

async function producerId(client: TestClient): Promise<bigint> {
  const request = {
    transactionalId: null,
    transactionTimeoutMs: 60_000,
    producerId: -1n as ProducerId,
    producerEpoch: -1,
  }
  const { producerId: id, errorCode } = await timely(client.send(initProducerIdApi, 4, request), client)
  if (errorCode !== ErrorCode.NONE) throw new Error(errorName(errorCode))
  return id
}

/** A connection, or undefined after a moment when nobody takes it. */
async function connected(port: number): Promise<TestClient | undefined> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  })
  if (isOpen) return new TestClient(new SocketStream(socket, 'chaos'))
  await sleep(20)
  return undefined
}

/** The answer, or an end of the connection when it is late. */
async function timely<T>(answer: Promise<T>, client: TestClient): Promise<T> {
  const timer = setTimeout(() => client.close(), requestMsMax)
  try {
    return await answer
  } finally {
    clearTimeout(timer)
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
