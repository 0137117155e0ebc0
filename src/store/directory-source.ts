import type { Offset } from '../base/brands.ts'
import { NotFoundError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import type { BatchWindow } from '../record/batch-window.ts'
import type { LogBatch } from '../record/log-batch.ts'
import { RecordBatch } from '../record/record-batch.ts'
import { partitionDirectoryName } from '../storage/file-names.ts'
import type { PartitionReader } from '../storage/partition-reader.ts'
import { TransactionView } from '../storage/transaction-view.ts'
import type { BatchSource, Isolation, PartitionOffsets, SourceRead } from './log-store.ts'

export interface DirectorySourceOptions {
  readonly fileSystem: FileSystem
  /** The log directory. */
  readonly path: string
  readonly isolation: Isolation
}

/** The batches of one partition of a directory. */
export class DirectorySource implements BatchSource {
  readonly topic: string
  readonly partition: number
  readonly reader: PartitionReader
  readonly #transactions: TransactionView | undefined

  constructor(
    reader: PartitionReader,
    partition: { readonly topic: string; readonly partition: number },
    options: DirectorySourceOptions,
  ) {
    this.reader = reader
    this.topic = partition.topic
    this.partition = partition.partition
    const directory = `${options.path}/${partitionDirectoryName(partition)}`
    if (options.isolation === 'read_committed' && !reader.view.isElsewhere) {
      this.#transactions = new TransactionView(options.fileSystem, directory, reader.view)
    }
  }

  get nextOffset(): Offset {
    return this.reader.nextOffset
  }

  refresh(): PartitionOffsets {
    const { logStartOffset, visibleEndOffset } = this.reader.refresh()
    if (this.reader.view.isDeleted) throw new NotFoundError(`topic ${this.topic} was deleted`)
    const limit = this.#transactions?.lastStableOffset(visibleEndOffset) ?? visibleEndOffset
    return { logStartOffset, highWatermark: limit }
  }

  seek(target: Offset): void {
    this.reader.seek(target)
  }

  read(window: BatchWindow): SourceRead {
    return this.reader.read(window)
  }

  isShown(batch: LogBatch): boolean {
    if (!(batch instanceof RecordBatch)) return true
    if (batch.isControl) return false
    return !batch.isTransactional || this.#transactions?.isAborted(batch) !== true
  }

  close(): void {
    this.reader.close()
  }
}
