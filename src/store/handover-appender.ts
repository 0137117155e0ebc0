import { ServedError } from '../base/errors.ts'
import type { Successor } from '../client/partition-sender.ts'
import { RecordBatch } from '../record/record-batch.ts'
import type { TopicConfig } from '../storage/topic-configs.ts'
import type { BrokerStore } from './broker-store.ts'
import type { DirectoryAppender } from './directory-appender.ts'
import type { AppendedRange, BatchAppender, BatchToAppend } from './log-store.ts'

/** Where a `HandoverAppender` gets its two ways from. */
export interface AppenderDoor {
  isServed(): boolean
  openFiles(topic: string): Promise<DirectoryAppender>
  /** `undefined` when there is no server any more. */
  atServer<T>(act: (server: BrokerStore) => Promise<T>): Promise<{ readonly value: T } | undefined>
}

/**
 * Appends to a topic of a directory, through its server while there is one: it changes over in both directions in the midst of its work. A server
 * that comes is met under the lock that an append takes anyway, so nothing is on its way then. When a server goes, what it has not acknowledged is
 * offered to the files under the same producer id and sequence number, so that what it had appended already is not there twice.
 */
export class HandoverAppender implements BatchAppender {
  readonly topic: string
  readonly #door: AppenderDoor
  #way: BatchAppender
  #isServer = false
  /** A change that is under way: everything waits for it, or a later batch would overtake. */
  #changing: Promise<void> | undefined
  /** The files, from the moment on that a server was found gone. */
  #successor: Promise<DirectoryAppender> | undefined

  private constructor(topic: string, door: AppenderDoor, files: DirectoryAppender) {
    this.topic = topic
    this.#door = door
    this.#way = files
  }

  /** Throws `NotFoundError` when the topic is not there. */
  static async open(topic: string, door: AppenderDoor): Promise<HandoverAppender> {
    const appender = new HandoverAppender(topic, door, await door.openFiles(topic))
    if (door.isServed()) await appender.#toServer()
    return appender
  }

  get partitionCount(): number {
    return this.#way.partitionCount
  }

  get config(): TopicConfig {
    return this.#way.config
  }

  get takesSeveral(): boolean {
    return this.#way.takesSeveral
  }

  get setsAppendTime(): boolean {
    return this.#way.setsAppendTime
  }

  append(partition: number, batch: BatchToAppend): Promise<AppendedRange> | AppendedRange {
    if (this.#changing !== undefined) return this.#afterChange(partition, batch)
    if (this.#isServer) return this.#send(partition, batch)
    try {
      return this.#way.append(partition, batch)
    } catch (error) {
      if (!(error instanceof ServedError)) throw error
      this.#begin(this.#toServer())
      return this.#afterChange(partition, batch)
    }
  }

  endTurn(): void {
    this.#way.endTurn()
  }

  async sync(): Promise<void> {
    await this.#changing
    await this.#way.sync()
  }

  /** The bytes are the caller's again when this returns. */
  async #afterChange(partition: number, batch: BatchToAppend): Promise<AppendedRange> {
    const kept = { ...batch, bytes: batch.bytes.slice() }
    await this.#changing
    return this.append(partition, kept)
  }

  #send(partition: number, batch: BatchToAppend): Promise<AppendedRange> | AppendedRange {
    // Stamped for the files; servers do that themselves, and take no stamped batches.
    if (this.config.messageTimestampType === 'LogAppendTime') clearAppendTimes(batch.bytes)
    return this.#way.append(partition, batch)
  }

  #begin(change: Promise<void>): void {
    this.#changing = change.finally(() => {
      this.#changing = undefined
    })
    // Whoever waits for the change hears of its failure.
    this.#changing.catch(() => undefined)
  }

  /** What was appended to the files is made durable first: nobody would ask for it later. */
  async #toServer(): Promise<void> {
    await this.#way.sync()
    const successor: Successor = {
      isDue: () => !this.#door.isServed(),
      take: (partition, batch) => this.#takeOver(partition, batch),
    }
    const opened = await this.#door.atServer((server) => server.openAppender(this.topic, successor))
    this.#way = opened?.value ?? (await this.#door.openFiles(this.topic))
    this.#successor = undefined
    this.#isServer = opened !== undefined
  }

  async #takeOver(partition: number, batch: Uint8Array): Promise<AppendedRange> {
    if (this.#successor === undefined) {
      this.#successor = this.#door.openFiles(this.topic)
      this.#begin(this.#toFiles(this.#successor))
    }
    return (await this.#successor).offer(partition, batch)
  }

  /** Once all that was on its way to the server has been taken over. */
  async #toFiles(opening: Promise<DirectoryAppender>): Promise<void> {
    await this.#way.sync()
    this.#way = await opening
    this.#isServer = false
  }
}

function clearAppendTimes(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    const batch = new RecordBatch(bytes, at)
    if (batch.timestampType === 'LogAppendTime') batch.clearLogAppendTime()
    at += batch.sizeInBytes
  }
}
