import { assert } from '../../base/assert.ts'
import { offset, type Offset } from '../../base/brands.ts'
import { MalformedMessageError } from '../../base/errors.ts'
import { crc32c } from '../../wire/crc32c.ts'
import {
  readVarint,
  readVarlong,
  sizeOfVarlong,
  type VarintCursor,
  writeVarint,
  writeVarlong,
} from '../../wire/varint.ts'
import type {
  CleanerKernel,
  CleanerKernelOptions,
  FilteredRecords,
  KeyNoting,
  NotedKeys,
  RecordFiltering,
  RecordsInMemory,
} from './cleaner-kernel.ts'
import { keysOf, slotsFor, slotsWithin } from './map-size.ts'
import { PlainOffsetMap } from './plain-offset-map.ts'
import { PlainSipHash } from './plain-sip-hash.ts'

/** One record of those in memory. */
interface PlainRecord {
  readonly start: number
  readonly end: number
  readonly offset: Offset
  readonly timestampDelta: number
  /** What follows the timestamp delta. */
  readonly restStart: number
  readonly hasKey: boolean
  readonly hasValue: boolean
}

/** The kernel in TypeScript: says what the WebAssembly has to do, and does it where there is none. */
export class PlainCleanerKernel implements CleanerKernel {
  readonly kind = 'plain'
  readonly #slotsMax: number
  readonly #hash: PlainSipHash
  #memory = new Uint8Array(0)
  #map = new PlainOffsetMap(1)

  constructor({ mapBytes, secret }: CleanerKernelOptions) {
    this.#slotsMax = slotsWithin(mapBytes)
    this.#hash = new PlainSipHash(secret)
  }

  get memory(): Uint8Array<ArrayBuffer> {
    return this.#memory
  }

  get keyCount(): number {
    return this.#map.size
  }

  reserve(bytes: number): void {
    if (bytes <= this.#memory.length) return
    const memory = new Uint8Array(bytes)
    memory.set(this.#memory)
    this.#memory = memory
  }

  crc32c(start: number, end: number): number {
    return crc32c(this.#memory.subarray(start, end))
  }

  beginMap(keysWanted: number): number {
    const slots = slotsFor(keysWanted, this.#slotsMax)
    this.#map = new PlainOffsetMap(slots)
    return keysOf(slots)
  }

  noteKeys(task: KeyNoting): NotedKeys {
    let lastOffset = offset(-1n)
    const isWhole = this.#forEach(task, (record) => {
      if (!record.hasKey || record.offset < task.firstOffset) return true
      if (this.#map.size >= task.keysMax) return false
      this.#map.put(this.#hash.digest, record.offset)
      lastOffset = record.offset
      return true
    })
    return { stop: isWhole === undefined ? 'malformed' : isWhole ? 'done' : 'full', lastOffset }
  }

  filterRecords(task: RecordFiltering): FilteredRecords | undefined {
    const kept: PlainRecord[] = []
    let keyless = 0
    const isWhole = this.#forEach(task, (record) => {
      if (this.#isKept(record, task)) kept.push(record)
      else if (!record.hasKey) keyless++
      return true
    })
    if (isWhole === undefined) return undefined
    const baseShift = task.baseShift === 'first' ? (kept[0]?.timestampDelta ?? 0) : task.baseShift
    const isCopied = kept.length < task.recordCount || task.mustCopy
    return {
      kept: kept.length,
      tombstones: kept.filter(({ hasValue }) => !hasValue).length,
      keyless,
      outBytes: isCopied ? this.#copy(kept, task.out, baseShift) : 0,
      baseShift,
      largestTimestampDelta: kept.reduce((max, { timestampDelta }) => Math.max(max, timestampDelta), -(2 ** 63)),
    }
  }

  #isKept(record: PlainRecord, { latestOffset, keepsTombstones }: RecordFiltering): boolean {
    if (record.offset > latestOffset) return true
    if (!record.hasKey || !(record.hasValue || keepsTombstones)) return false
    return record.offset >= this.#map.get(this.#hash.digest)
  }

  #copy(records: readonly PlainRecord[], out: number, shift: number): number {
    const bytes = this.#memory
    let at = out
    for (const { start, end, restStart, timestampDelta } of records) {
      const delta = timestampDelta - shift
      const attributes = this.#attributesOf(start)
      at = writeVarint(bytes, at, 1 + sizeOfVarlong(delta) + end - restStart)
      bytes[at++] = attributes
      at = writeVarlong(bytes, at, delta)
      bytes.copyWithin(at, restStart, end)
      at += end - restStart
    }
    return at - out
  }

  #attributesOf(start: number): number {
    const cursor: VarintCursor = { bytes: this.#memory, position: start, end: this.#memory.length }
    readVarint(cursor)
    return this.#memory[cursor.position] ?? 0
  }

  /** Shows each record, its key's digest at hand, until `visit` says no: then false. `undefined` when the records are malformed. */
  #forEach(records: RecordsInMemory, visit: (record: PlainRecord) => boolean): boolean | undefined {
    assert(records.end <= this.#memory.length, 'records lie in the memory')
    const cursor: VarintCursor = { bytes: this.#memory, position: records.start, end: records.end }
    try {
      for (let i = 0; i < records.recordCount; i++) if (!visit(this.#read(cursor, records.baseOffset))) return false
    } catch (error) {
      if (error instanceof MalformedMessageError) return undefined
      throw error
    }
    return cursor.position === records.end ? true : undefined
  }

  #read(cursor: VarintCursor, baseOffset: Offset): PlainRecord {
    const start = cursor.position
    const length = readVarint(cursor)
    const end = cursor.position + length
    check(length >= 0 && end <= cursor.end, start)
    cursor.position++
    const timestampDelta = readVarlong(cursor)
    const restStart = cursor.position
    const offsetDelta = readVarint(cursor)
    check(offsetDelta >= 0, start)
    const keyLength = readVarint(cursor)
    const keyEnd = cursor.position + Math.max(0, keyLength)
    check(keyLength >= -1 && keyEnd < end, start)
    if (keyLength >= 0) this.#hash.hash(this.#memory, cursor.position, keyEnd)
    cursor.position = keyEnd
    const valueLength = readVarint(cursor)
    check(valueLength >= -1 && cursor.position + Math.max(0, valueLength) < end, start)
    cursor.position = end
    return {
      start,
      end,
      offset: offset(baseOffset + BigInt(offsetDelta)),
      timestampDelta,
      restStart,
      hasKey: keyLength >= 0,
      hasValue: valueLength >= 0,
    }
  }
}

function check(isRight: boolean, position: number): void {
  if (!isRight) throw new MalformedMessageError('a record does not follow its format', position)
}
