import { type Offset, offset } from '../../src/base/brands.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { kernelBatchWindow, plainBatchWindow } from '../../src/record/batch-window.ts'
import { decompress } from '../../src/record/compression/compression.ts'
import { createKernel } from '../../src/record/kernel/kernel.ts'
import { scanBatch } from '../../src/record/log-batch.ts'
import { forEachRecord } from '../../src/record/records.ts'
import { PartitionLog } from '../../src/storage/partition-log.ts'
import type { PartitionLogConfig, PartitionLogOptions } from '../../src/storage/partition-options.ts'
import { type Damage, PartitionReader } from '../../src/storage/partition-reader.ts'
import { batch, T0 } from '../support/batches.ts'

/** What a reader gave, front to back. */
export interface SeenLog {
  /** `offset value`, one for each record. */
  readonly records: readonly string[]
  readonly damages: readonly Damage[]
  readonly nextOffset: Offset
}

const config: PartitionLogConfig = {
  segmentBytes: 2 ** 30,
  segmentMs: 7 * 24 * 3600 * 1000,
  segmentIndexBytes: 10 * 1024 * 1024,
  indexIntervalBytes: 100,
  fileDeleteDelayMs: 60_000,
}

export const logDirectory = '/log'
export const directory = '/log/t-0'

const kernel = createKernel({ memoryBytes: 64 * 1024 })

/** One partition on a file system in memory, and the processes that write it. */
export class PartitionScene {
  readonly fileSystem: MemoryFileSystem
  readonly warnings: string[] = []
  readonly config: PartitionLogConfig
  readonly #opened: PartitionLog[] = []

  constructor(changes: Partial<PartitionLogConfig> = {}, fileSystem = new MemoryFileSystem()) {
    this.fileSystem = fileSystem
    this.config = { ...config, ...changes }
    if (fileSystem.stat(directory) === undefined) fileSystem.makeDirectory(directory)
  }

  options(fileSystem: MemoryFileSystem): PartitionLogOptions {
    return {
      fileSystem,
      clock: { now: () => T0 },
      logDirectory,
      topic: 't',
      partition: 0,
      config: this.config,
      lockWaitMs: 0,
      makeWindow: () => kernelBatchWindow(kernel),
      onWarning: (warning) => this.warnings.push(warning),
    }
  }

  /** The partition as the process `name` has it open; started if it was killed. */
  open(name = 'main'): PartitionLog {
    const log = new PartitionLog(this.options(this.fileSystem.asProcess(name)))
    this.#opened.push(log)
    return log
  }

  /** Opens, appends one batch for each value, and closes. */
  append(...values: string[]): void {
    const log = this.open()
    for (const value of values) log.append(batch({ values: [value] }), 'never')
    log.close()
  }

  /** Closes every log; what is left open then is a leak. */
  close(): void {
    for (const log of this.#opened.splice(0)) log.close()
  }

  /** Makes all of the disk durable and starts the machine again. */
  reboot(): void {
    this.#sync('/')
    this.powerCut()
  }

  /** The power goes: nothing is left of what was not synced. */
  powerCut(): void {
    this.#opened.length = 0
    this.fileSystem.crash({ personality: 'lose-unsynced' })
  }

  /** The end of the log, as whoever opens it next says; recovers it. */
  logEndOffset(): Offset {
    const log = this.open()
    try {
      return log.offsets().logEndOffset
    } finally {
      log.close()
    }
  }

  read(windowBytes = 64 * 1024): SeenLog {
    const reader = new PartitionReader({ fileSystem: this.fileSystem, directory })
    try {
      return readAll(reader, windowBytes)
    } finally {
      reader.close()
    }
  }

  names(): string[] {
    return (this.fileSystem.list(directory) ?? []).map(({ name }) => name).toSorted()
  }

  bytes(path: string): Uint8Array {
    return readBytes(this.fileSystem, path)
  }

  /** Gives a file other bytes, as damage does; it keeps its identity. */
  overwrite(path: string, bytes: Uint8Array): void {
    const file = this.fileSystem.open(path, 'create')
    file.truncate(0)
    file.write(bytes, 0)
    file.close()
  }

  #sync(path: string): void {
    for (const { name, kind } of this.fileSystem.list(path) ?? []) {
      const inner = `${path === '/' ? '' : path}/${name}`
      if (kind === 'directory') this.#sync(inner)
      else syncFile(this.fileSystem, inner)
    }
    this.fileSystem.syncDirectory(path)
  }
}

/** `00000000000000000000.log` and its like, with the path. */
export function segmentPath(base: number, part = 'log'): string {
  return `${directory}/${String(base).padStart(20, '0')}.${part}`
}

/** Reads from the log start until nothing more is visible. Throws when the reader goes back. */
export function readAll(reader: PartitionReader, windowBytes = 64 * 1024): SeenLog {
  const window = plainBatchWindow(windowBytes)
  const records: string[] = []
  const damages: Damage[] = []
  let last = -1n
  for (;;) {
    const read = reader.read(window)
    if (read.kind === 'end') return { records, damages, nextOffset: reader.nextOffset }
    if (read.kind === 'damage') damages.push(read.damage)
    if (read.kind === 'large') throw new Error(`a batch takes ${read.sizeInBytes} bytes`)
    if (read.kind !== 'batches') continue
    for (const { at, text } of recordsOf(window.bytes.subarray(0, read.end))) {
      if (at <= last) throw new Error(`the reader gave offset ${at} after ${last}`)
      last = at
      records.push(`${at} ${text}`)
    }
  }
}

/** The records of whole batches; throws at a wrong CRC. */
export function recordsOf(bytes: Uint8Array): { at: bigint; text: string }[] {
  const records: { at: bigint; text: string }[] = []
  for (let start = 0; start < bytes.length;) {
    const scanned = scanBatch(bytes, start, bytes.length)
    if (scanned.kind !== 'batch' || !scanned.batch.isCrcValid()) throw new Error(`no whole batch at byte ${start}`)
    start += scanned.batch.sizeInBytes
    forEachRecord(
      scanned.batch,
      (record) => {
        records.push({ at: record.offset, text: new TextDecoder().decode(record.valueBytes() ?? undefined) })
      },
      { decompress },
    )
  }
  return records
}

export function readBytes(fileSystem: MemoryFileSystem, path: string): Uint8Array {
  const file = fileSystem.open(path, 'read')
  try {
    const bytes = new Uint8Array(file.size())
    file.read(bytes, 0)
    return bytes
  } finally {
    file.close()
  }
}

/** `0 <prefix>0`, `1 <prefix>1`...: what a log of single records holds. */
export function expected(values: readonly string[], first = 0): string[] {
  return values.map((value, i) => `${offset(first + i)} ${value}`)
}

function syncFile(fileSystem: MemoryFileSystem, path: string): void {
  const file = fileSystem.open(path, 'write')
  file.sync()
  file.close()
}
