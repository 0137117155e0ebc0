import type { Clock } from '../../base/clock.ts'
import { encodedHeaders, encodedKey } from '../../record/constant-sections.ts'
import { RecordBatchBuilder } from '../../record/record-batch-builder.ts'
import type { BatchOutlet } from './batch-outlet.ts'
import type { Feeder } from './feeder.ts'
import type { PartitionChooser } from './partition-chooser.ts'
import { type InputRecord, RecordReader } from './record-reader.ts'
import { recordPlace } from './record-place.ts'
import { RecordSplitter } from './record-splitter.ts'
import { RecordTooLargeError } from './record-too-large-error.ts'
import type { ProduceSettings } from './settings.ts'
import { sizeLimitName, sizeLimits } from './size-limits.ts'

export interface RecordFeederOptions {
  readonly settings: ProduceSettings
  readonly outlet: BatchOutlet
  readonly chooser: PartitionChooser
  readonly clock: Clock
  readonly recordsMax: number
}

/** A batch that is being filled for one partition. */
interface OpenBatch {
  readonly builder: RecordBatchBuilder
  payloadBytes: number
}

/** The general way: records with keys, envelopes, delimiters of any length, whole files; each finds its own partition. */
export class RecordFeeder implements Feeder {
  readonly #options: RecordFeederOptions
  readonly #splitter: RecordSplitter
  readonly #reader: RecordReader
  readonly #open = new Map<number, OpenBatch>()
  #name = '-'
  #line = 0

  constructor(options: RecordFeederOptions) {
    this.#options = options
    this.#splitter = new RecordSplitter(options.settings.delimiter)
    this.#reader = new RecordReader(options.settings)
  }

  get free(): Uint8Array {
    return this.#splitter.free
  }

  get hasOpenBatch(): boolean {
    return this.#open.size > 0
  }

  get pendingBytes(): number {
    return this.#splitter.pendingBytes
  }

  begin(name: string): void {
    this.#name = name
    this.#line = 0
  }

  async filled(bytes: number): Promise<void> {
    this.#splitter.filled(bytes)
    for (let line = this.#splitter.next(); line !== undefined; line = this.#splitter.next()) await this.#take(line)
  }

  async endInput(): Promise<void> {
    const { delimiter } = this.#options.settings
    // A whole file is a record even when it is empty.
    const rest = this.#splitter.rest() ?? (delimiter.length === 0 ? new Uint8Array() : undefined)
    if (rest !== undefined) await this.#take(rest)
    await this.flush()
  }

  async flush(): Promise<void> {
    for (const partition of Array.from(this.#open.keys())) await this.#write(partition)
  }

  async #take(bytes: Uint8Array): Promise<void> {
    this.#line++
    const place = recordPlace(this.#name, this.#line, this.#options.settings)
    const record = this.#reader.read(bytes, place)
    if (record === undefined) return
    const value = record.value ?? new Uint8Array()
    const constantBytes = encodedKey(record.key).length + encodedHeaders(record.headers).length
    const { valueBytesMax } = sizeLimits(this.#options.settings, this.#options.outlet.config, constantBytes)
    if (value.length <= valueBytesMax) return this.#append(record)
    switch (this.#options.settings.tooLarge) {
      case 'skip':
        this.#noteSkipped(place, value.length)
        return
      case 'split':
        for (let at = 0; at < value.length; at += valueBytesMax) {
          await this.#append({ ...record, value: value.subarray(at, at + valueBytesMax) })
        }
        return
      case 'fail':
        await this.flush()
        throw new RecordTooLargeError({
          place,
          bytes: value.length,
          isWhole: true,
          bytesMax: valueBytesMax,
          limit: sizeLimitName(this.#options.outlet.config),
        })
    }
  }

  #noteSkipped(place: string, bytes: number): void {
    const { outlet } = this.#options
    const { count, first } = outlet.skipped
    outlet.skipped = { count: count + 1, first: count === 0 ? `${place} (${bytes} bytes)` : first }
  }

  async #append(record: InputRecord): Promise<void> {
    const { chooser, clock, recordsMax } = this.#options
    const partition = chooser.forRecord(record.key)
    const whole = { ...record, timestamp: record.timestamp ?? clock.now() }
    const batch = this.#open.get(partition) ?? this.#begin(partition)
    if (!batch.builder.append(whole)) {
      await this.#write(partition)
      return this.#append(record)
    }
    batch.payloadBytes += (record.key?.length ?? 0) + (record.value?.length ?? 0)
    if (batch.builder.recordCount >= recordsMax) await this.#write(partition)
  }

  #begin(partition: number): OpenBatch {
    const { batchBytes } = sizeLimits(this.#options.settings, this.#options.outlet.config, 0)
    const batch = { builder: new RecordBatchBuilder({ codec: 'none', sizeMax: batchBytes }), payloadBytes: 0 }
    this.#open.set(partition, batch)
    return batch
  }

  async #write(partition: number): Promise<void> {
    const batch = this.#open.get(partition)
    this.#open.delete(partition)
    if (batch === undefined || batch.builder.recordCount === 0) return
    const { outlet, chooser } = this.#options
    const { recordCount: records } = batch.builder
    await outlet.write({ partition, bytes: batch.builder.build(), records, payloadBytes: batch.payloadBytes })
    chooser.batchDone()
  }
}
