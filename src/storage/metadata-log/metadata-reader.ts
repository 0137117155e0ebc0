import { type Offset, offset } from '../../base/brands.ts'
import { MalformedMessageError } from '../../base/errors.ts'
import type { FileSystem } from '../../disk/file-system.ts'
import { plainBatchWindow } from '../../record/batch-window.ts'
import { decompress } from '../../record/compression/compression.ts'
import { readControlRecord } from '../../record/control-record.ts'
import { type LogBatch, scanBatch } from '../../record/log-batch.ts'
import { RecordBatch } from '../../record/record-batch.ts'
import { forEachRecord } from '../../record/records.ts'
import { METADATA_TOPIC, partitionDirectoryName } from '../file-names.ts'
import { BatchWalker } from '../batch-walker.ts'
import { PartitionReader } from '../partition-reader.ts'
import { ClusterImage } from './cluster-image.ts'

/** What `__cluster_metadata-0` says, and what of it could not be read. */
export interface MetadataRead {
  readonly image: ClusterImage
  /** One line each; with any of them the image may be wrong. */
  readonly problems: readonly string[]
}

const windowBytes = 256 * 1024

/**
 * Reads the metadata log of a KRaft cluster: the newest whole snapshot (`<end offset>-<epoch>.checkpoint`), then the log from its end on.
 * `undefined` when there is no such log here: a broker of the ZooKeeper era, or one that keeps it in another directory. What a quorum of
 * several had not agreed on when the broker stopped counts too: the files do not tell.
 */
export function readMetadataLog(fileSystem: FileSystem, logDirectory: string): MetadataRead | undefined {
  const directory = `${logDirectory}/${partitionDirectoryName({ topic: METADATA_TOPIC, partition: 0 })}`
  const listed = fileSystem.list(directory)
  if (listed === undefined) return undefined
  const problems: string[] = []
  const snapshots = listed
    .flatMap(({ name }) => snapshotOf(name) ?? [])
    .toSorted((one, other) => (one.name < other.name ? 1 : -1))
  for (const { name, endOffset } of snapshots) {
    const image = new ClusterImage()
    const problem = readSnapshot(fileSystem, `${directory}/${name}`, image)
    if (problem === undefined) return readLog(fileSystem, { directory, from: endOffset, image, problems })
    problems.push(`${directory}/${name}: ${problem}`)
  }
  return readLog(fileSystem, { directory, from: offset(0n), image: new ClusterImage(), problems })
}

function snapshotOf(name: string): { readonly name: string; readonly endOffset: Offset } | undefined {
  const digits = /^(\d{20})-\d{10}\.checkpoint$/.exec(name)?.[1]
  return digits === undefined ? undefined : { name, endOffset: offset(BigInt(digits)) }
}

/** Why the snapshot is not whole, if so. */
function readSnapshot(fileSystem: FileSystem, path: string, image: ClusterImage): string | undefined {
  const file = fileSystem.open(path, 'read')
  try {
    const walker = new BatchWalker(file)
    let isFinished = false
    for (;;) {
      const walked = walker.next()
      if (walked.kind === 'end') return isFinished ? undefined : 'it ends before its footer'
      if (walked.kind !== 'batch' || !walked.isCrcValid) return `it is damaged at byte ${walked.position}`
      isFinished ||= isFooter(walked.batch)
      replayBatch(walked.batch, image)
    }
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
    return error.message
  } finally {
    file.close()
  }
}

function isFooter(batch: LogBatch): boolean {
  if (!(batch instanceof RecordBatch) || !batch.isControl || batch.recordCount === 0) return false
  return readControlRecord(batch).type === 'SNAPSHOT_FOOTER'
}

interface LogToRead {
  readonly directory: string
  readonly from: Offset
  readonly image: ClusterImage
  readonly problems: string[]
}

function readLog(fileSystem: FileSystem, { directory, from, image, problems }: LogToRead): MetadataRead {
  const reader = new PartitionReader({ fileSystem, directory })
  try {
    const { logStartOffset } = reader.refresh()
    if (logStartOffset > from)
      problems.push(`${directory}: no snapshot tells what came before offset ${logStartOffset}`)
    reader.seek(from)
    let window = plainBatchWindow(windowBytes)
    for (;;) {
      const read = reader.read(window)
      if (read.kind === 'end') return { image, problems }
      if (read.kind === 'large') window = plainBatchWindow(read.sizeInBytes)
      if (read.kind === 'damage')
        problems.push(`${read.damage.path}: damaged at byte ${read.damage.position}: ${read.damage.reason}`)
      if (read.kind === 'batches') replayAll(window.bytes.subarray(0, read.end), { directory, from, image, problems })
    }
  } finally {
    reader.close()
  }
}

function replayAll(bytes: Uint8Array, { directory, from, image, problems }: LogToRead): void {
  for (let at = 0; at < bytes.length;) {
    const scanned = scanBatch(bytes, at, bytes.length)
    if (scanned.kind !== 'batch') return
    const { batch } = scanned
    try {
      replayBatch(batch, image, from)
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      problems.push(
        `${directory}: the batch of offsets ${batch.baseOffset} to ${batch.lastOffset} cannot be read: ${error.message}`,
      )
    }
    at += batch.sizeInBytes
  }
}

/** Control records say nothing of topics. */
function replayBatch(batch: LogBatch, image: ClusterImage, from: Offset = offset(0n)): void {
  if (batch.isControl) return
  forEachRecord(
    batch,
    (record) => {
      const value = record.valueBytes()
      if (value !== null && record.offset >= from) image.replay(value)
    },
    { decompress },
  )
}
