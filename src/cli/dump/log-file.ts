import { basename, dirname } from 'node:path'
import { type Offset, offset } from '../../base/brands.ts'
import { MalformedMessageError } from '../../base/errors.ts'
import type { FileSystem, OpenFile } from '../../disk/file-system.ts'
import type { LogBatch } from '../../record/log-batch.ts'
import { BatchPeeker } from '../../storage/batch-peek.ts'
import { BatchWalker, type Walked } from '../../storage/batch-walker.ts'
import { METADATA_TOPIC, parseLogDirectoryName } from '../../storage/file-names.ts'
import { findNextBatch } from '../../storage/segment-search.ts'
import { WriteStateFile } from '../../storage/write-state-file.ts'
import { batchEntry } from './batch-entry.ts'
import { damageEntry, type DumpEntry } from './dump-entry.ts'
import { baseOffsetOf } from './file-kind.ts'

export interface LogDumpOptions {
  /** Also the records of each batch. */
  readonly withRecords: boolean
  /** Begin with the batch that holds it. */
  readonly from: Offset | undefined
}

const offsetMax = offset(2n ** 63n - 1n)

/** The batches of a `.log` file, and whatever stands between them: a stretch that cannot be read is an entry, and it goes on behind it. */
export function* dumpLogFile(fileSystem: FileSystem, path: string, options: LogDumpOptions): Generator<DumpEntry> {
  const file = fileSystem.open(path, 'read')
  try {
    yield* new LogFileDump(file, options, publishedEnd(fileSystem, path)).entries()
  } finally {
    file.close()
  }
}

class LogFileDump {
  readonly #file: OpenFile
  readonly #options: LogDumpOptions
  readonly #publishedEnd: number
  readonly #walker: BatchWalker
  readonly #size: number
  readonly #topic: string
  #nextOffset: Offset

  constructor(file: OpenFile, options: LogDumpOptions, publishedEnd: number) {
    this.#file = file
    this.#options = options
    this.#publishedEnd = publishedEnd
    this.#size = file.size()
    this.#nextOffset = baseOffsetOf(basename(file.path))
    this.#topic = topicOf(file.path)
    const position = options.from === undefined ? 0 : positionOf(file, options.from)
    this.#walker = new BatchWalker(file, { position, end: this.#size })
  }

  *entries(): Generator<DumpEntry> {
    for (;;) {
      const walked = this.#walker.next()
      if (walked.kind === 'end') return
      if (walked.kind === 'batch') yield* this.#batch(walked)
      else yield this.#skip(walked.position, walked.kind === 'malformed' ? walked.reason : 'a batch is cut off')
    }
  }

  *#batch(walked: Extract<Walked, { kind: 'batch' }>): Generator<DumpEntry> {
    const { batch, position, isCrcValid } = walked
    if (!isCrcValid && batch.magic === 2) {
      yield this.#skip(position, 'the CRC of the batch is wrong')
      return
    }
    this.#nextOffset = batch.nextOffset
    if (this.#options.from !== undefined && batch.nextOffset <= this.#options.from) return
    yield* this.#shown(batch, { position, isCrcValid })
  }

  *#shown(batch: LogBatch, at: { readonly position: number; readonly isCrcValid: boolean }): Generator<DumpEntry> {
    const file = basename(this.#file.path)
    const { withRecords } = this.#options
    const damage = (reason: string): DumpEntry =>
      damageEntry({
        position: at.position,
        end: at.position + batch.sizeInBytes,
        nextOffset: batch.nextOffset,
        reason,
        file,
      })
    try {
      const { entry, problem } = batchEntry(batch, { ...at, file, topic: this.#topic, withRecords })
      yield entry
      if (problem !== undefined) yield damage(problem)
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      yield damage(error.message)
    }
  }

  /** Goes on at the next whole batch, and says what lies before it. */
  #skip(position: number, reason: string): DumpEntry {
    const firstOffset = this.#nextOffset
    const range = { position: position + 1, end: this.#size, offsetMin: firstOffset, offsetMax }
    const found = findNextBatch(this.#file, range)
    const end = found ?? this.#size
    this.#walker.seek(end)
    const file = basename(this.#file.path)
    // What its writer has not spoken of may be on its way in.
    if (found === undefined && position >= this.#publishedEnd)
      return { kind: 'unpublished', fields: { position, end, file } }
    const nextOffset = found === undefined ? undefined : baseOffsetAt(this.#file, found)
    return damageEntry({ position, end, firstOffset, ...(nextOffset !== undefined && { nextOffset }), reason, file })
  }
}

/** Hops over the heads of batches to the one that holds `target`, or to the first place where that cannot be told. */
function positionOf(file: OpenFile, target: Offset): number {
  const peeker = new BatchPeeker(file)
  let position = 0
  for (;;) {
    const batch = peeker.at(position)
    if (batch === undefined || batch.lastOffset >= target) return position
    position += batch.sizeInBytes
  }
}

function baseOffsetAt(file: OpenFile, position: number): bigint {
  const head = new DataView(new ArrayBuffer(8))
  file.read(new Uint8Array(head.buffer), position)
  return head.getBigInt64(0)
}

/** Up to where a running writer has published the segment; no limit when none of this boot has been here. */
function publishedEnd(fileSystem: FileSystem, path: string): number {
  const stateFile = WriteStateFile.find(fileSystem, dirname(path))
  try {
    const state = stateFile?.read()
    if (state === undefined || state.bootId !== fileSystem.bootId) return Infinity
    return state.activeBaseOffset === baseOffsetOf(basename(path)) ? state.endPosition : Infinity
  } finally {
    stateFile?.close()
  }
}

/** The topic that the directory of a file is a partition of; empty elsewhere. A `.checkpoint` is of the metadata log wherever it lies. */
function topicOf(path: string): string {
  if (/\.checkpoint(\.|$)/.test(basename(path))) return METADATA_TOPIC
  const parsed = parseLogDirectoryName(basename(dirname(path)))
  return 'topic' in parsed ? parsed.topic : ''
}
