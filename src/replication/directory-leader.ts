import type { LeaderEpoch, Offset } from '../base/brands.ts'
import { CorruptSegmentError, NotFoundError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { type BatchWindow, frontOf, plainBatchWindow } from '../record/batch-window.ts'
import type { BatchWindows } from '../record/batch-windows.ts'
import { type BatchFacts, batchAt, type FactsSource, lastBatchBefore } from '../storage/batch-facts.ts'
import { FileBytes } from '../storage/file-bytes.ts'
import { partitionDirectoryName, type TopicPartition } from '../storage/file-names.ts'
import { LeaderEpochHistory, type LeaderEpochEnd, type LeaderEpochEntry } from '../storage/leader-epoch-history.ts'
import type { LogDirectory } from '../storage/log-directory.ts'
import type { PartitionReader } from '../storage/partition-reader.ts'
import { UNKNOWN_END } from '../storage/partition-view.ts'
import { epochEndIn } from './epoch-end.ts'
import type {
  GroupOffsets,
  KnownPartition,
  Leader,
  LeaderPartition,
  LeaderSegment,
  LeaderTopic,
  LocatedBatches,
} from './leader.ts'

export interface DirectoryLeaderOptions {
  readonly fileSystem: FileSystem
  /** Closed with the leader. */
  readonly directory: LogDirectory
  /** Memory that batches are read into. */
  readonly windows: BatchWindows
  /** How much one fetch gives at most, but for a single batch that is larger. */
  readonly fetchBytes: number
  /** What groups have committed. */
  readonly groups: (topics: readonly string[]) => Promise<readonly GroupOffsets[]>
  /** Resolves after so many ms. */
  readonly pause: (ms: number) => Promise<void>
}

/**
 * So often the partitions are looked at while a follower waits for news, in ms: the oftener the less long ago the last came, less often when they
 * are many, but not too late for anybody.
 */
const lookEveryMs = { min: 2, idleMax: 10, perIdleMs: 0.1, max: 200, perPartition: 0.1 } as const

/** A directory as the leader of a copy: its files are read without a lock, beside whoever writes to them. */
export class DirectoryLeader implements Leader {
  readonly name: string
  readonly #options: DirectoryLeaderOptions
  readonly #readers = new Map<string, PartitionReader>()
  /** What was said last. */
  readonly #described = new Map<string, LeaderPartition>()
  /** How long a follower has waited since news came last. */
  #idleMs = 0

  constructor(options: DirectoryLeaderOptions) {
    this.#options = options
    this.name = options.directory.path
  }

  async topics(): Promise<LeaderTopic[]> {
    this.#options.directory.refresh()
    return this.#options.directory.topics()
  }

  async partitions(partitions: readonly KnownPartition[], waitMs: number): Promise<(LeaderPartition | undefined)[]> {
    for (let waited = 0; waited < waitMs;) {
      if (partitions.some((one) => this.#isNews(one))) {
        this.#idleMs = 0
        break
      }
      const pauseMs = pauseFor(this.#idleMs, partitions.length)
      await this.#options.pause(pauseMs)
      waited += pauseMs
      this.#idleMs += pauseMs
    }
    return partitions.map((one) => this.#find(one, () => (waitMs > 0 && this.#unchanged(one)) || this.#describe(one)))
  }

  async epochEnd(partition: TopicPartition, epoch: LeaderEpoch): Promise<LeaderEpochEnd> {
    const { visibleEndOffset } = this.#reader(partition).refresh()
    return epochEndIn(this.#epochs(partition), visibleEndOffset, epoch)
  }

  async batchAt(partition: TopicPartition, offset: Offset): Promise<BatchFacts | undefined> {
    return batchAt(this.#facts(partition), offset)
  }

  async fetch(partition: TopicPartition, from: Offset): Promise<Uint8Array> {
    const reader = this.#reader(partition)
    if (reader.nextOffset !== from) reader.seek(from)
    const { windows, fetchBytes } = this.#options
    const window = frontOf(windows.take(), fetchBytes)
    const batches = readBatches(reader, window)
    if (batches.buffer !== window.bytes.buffer) windows.giveBack(window.bytes)
    return batches
  }

  /** Only their heads are looked at: who gets them checks them. */
  locate(partition: TopicPartition, from: Offset): LocatedBatches | undefined {
    const reader = this.#reader(partition)
    if (reader.nextOffset !== from) reader.seek(from)
    const { visibleLimit } = reader.view
    if (visibleLimit === UNKNOWN_END) return undefined
    const { windows, fetchBytes } = this.#options
    const range = reader.locate({ bytesMax: fetchBytes, endOffset: visibleLimit })
    if (range === undefined) return undefined
    const batches = windows.take().bytes.subarray(0, range.bytes)
    return { batches, unread: new FileBytes(range, batches), nextOffset: range.nextOffset }
  }

  giveBack(batches: Uint8Array): void {
    this.#options.windows.giveBack(batches)
  }

  async groups(topics: readonly string[]): Promise<readonly GroupOffsets[]> {
    return this.#options.groups(topics)
  }

  close(): void {
    for (const reader of this.#readers.values()) reader.close()
    this.#readers.clear()
    this.#options.directory.close()
  }

  #isNews(partition: KnownPartition): boolean {
    return this.#find(partition, () => this.#reader(partition).refresh().visibleEndOffset) !== partition.knownEndOffset
  }

  #find<T>(partition: TopicPartition, look: () => T): T | undefined {
    try {
      return look()
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error
      this.#forget(partition)
      return undefined
    }
  }

  /** What was said of a partition that has not grown or been trimmed since: enough for who waits for that. */
  #unchanged(partition: TopicPartition): LeaderPartition | undefined {
    const described = this.#described.get(partitionDirectoryName(partition))
    const reader = this.#reader(partition)
    const { logStartOffset, visibleEndOffset } = reader.refresh()
    if (reader.view.isDeleted) return undefined
    const isSame = described?.logStartOffset === logStartOffset && described.logEndOffset === visibleEndOffset
    return isSame ? described : undefined
  }

  #describe(partition: TopicPartition): LeaderPartition {
    const described = this.#look(partition)
    this.#described.set(partitionDirectoryName(partition), described)
    return described
  }

  #look(partition: TopicPartition): LeaderPartition {
    const reader = this.#reader(partition)
    const { logStartOffset, visibleEndOffset: logEndOffset } = reader.refresh()
    if (reader.view.isDeleted) throw new NotFoundError(`topic ${partition.topic} was deleted`)
    const lastBatch = lastBatchBefore(this.#facts(partition), logEndOffset)
    const epochs = this.#epochs(partition).filter(({ startOffset }) => startOffset <= logEndOffset)
    return { logStartOffset, logEndOffset, epochs, segments: this.#segments(reader), lastBatch }
  }

  #segments({ view }: PartitionReader): LeaderSegment[] {
    const sizeOf = (path: string): number => this.#options.fileSystem.stat(path)?.size ?? 0
    return view.bases.map((baseOffset) => ({ baseOffset, sizeInBytes: sizeOf(view.logPath(baseOffset)) }))
  }

  #epochs(partition: TopicPartition): readonly LeaderEpochEntry[] {
    const read = LeaderEpochHistory.read(this.#options.fileSystem, this.#pathOf(partition))
    return read.kind === 'history' ? read.history.entries : []
  }

  #facts(partition: TopicPartition): FactsSource {
    const { view } = this.#reader(partition)
    return { fileSystem: this.#options.fileSystem, directory: this.#pathOf(partition), view }
  }

  #pathOf(partition: TopicPartition): string {
    return `${this.#options.directory.path}/${partitionDirectoryName(partition)}`
  }

  #reader(partition: TopicPartition): PartitionReader {
    const key = partitionDirectoryName(partition)
    const known = this.#readers.get(key)
    if (known !== undefined) return known
    const reader = this.#options.directory.openReader(partition)
    this.#readers.set(key, reader)
    return reader
  }

  #forget(partition: TopicPartition): void {
    const key = partitionDirectoryName(partition)
    this.#readers.get(key)?.close()
    this.#readers.delete(key)
    this.#described.delete(key)
  }
}

function pauseFor(idleMs: number, partitionCount: number): number {
  const { min, idleMax, perIdleMs, max, perPartition } = lookEveryMs
  const whileIdle = Math.min(Math.max(min, idleMs * perIdleMs), idleMax)
  return Math.min(Math.max(whileIdle, partitionCount * perPartition), max)
}

/** The next batches of a reader, in the window unless they do not fit into it; none at the end, or when retention overtook the reader. Throws `CorruptSegmentError` at damage. */
function readBatches(reader: PartitionReader, window: BatchWindow): Uint8Array {
  const read = reader.read(window)
  switch (read.kind) {
    case 'batches':
      return window.bytes.subarray(0, read.end)
    case 'large':
      return readBatches(reader, plainBatchWindow(read.sizeInBytes))
    case 'damage': {
      const { path, position, firstOffset, nextOffset, reason } = read.damage
      throw new CorruptSegmentError(
        path,
        position,
        `offsets ${firstOffset} to ${nextOffset - 1n} cannot be copied: ${reason}`,
        {
          hint: 'tslog verify shows what is left of the log, tslog repair mends it',
        },
      )
    }
    case 'end':
    case 'trimmed':
      return new Uint8Array()
  }
}
