import { type LeaderEpoch, NO_LEADER_EPOCH, type Offset, offset } from '../base/brands.ts'
import { CorruptSegmentError, MalformedMessageError, RefusedError } from '../base/errors.ts'
import type { FileSystem, OpenFile } from '../disk/file-system.ts'
import { scanBatch } from '../record/log-batch.ts'
import { RecordBatch } from '../record/record-batch.ts'
import { type BatchFacts, batchFacts } from '../storage/batch-facts.ts'
import { partitionDirectoryName, type TopicPartition } from '../storage/file-names.ts'
import type { LeaderEpochEnd } from '../storage/leader-epoch-history.ts'
import {
  type BundleContents,
  type BundleFrame,
  bundleMagic,
  chainCrc,
  decodeContents,
  decodeEnd,
  partitionIndexBytes,
  readFrame,
} from './bundle-format.ts'
import { epochEndIn } from './epoch-end.ts'
import type { GroupOffsets, Leader, LeaderPartition, LeaderTopic } from './leader.ts'
import { partitionFromMessage, topicFromMessage } from './messages.ts'

/** Where batches of one partition lie in the file. */
interface BundledBatches {
  readonly position: number
  readonly baseOffset: Offset
  readonly nextOffset: Offset
}

/** A partition as a bundle has it. */
interface BundlePartition {
  readonly described: LeaderPartition
  readonly fromOffset: Offset
  readonly before: BatchFacts | undefined
  readonly batches: BundledBatches[]
}

/** A bundle as the leader of a copy. The whole file is checked when it is opened, before anything of it is applied. */
export class BundleLeader implements Leader {
  readonly name: string
  readonly #file: OpenFile
  readonly #contents: BundleContents
  readonly #partitions = new Map<string, BundlePartition>()

  /** Throws `DiskError` when there is no such file, `RefusedError` when it is no bundle, `CorruptSegmentError` when it is damaged or cut off. */
  constructor(fileSystem: FileSystem, path: string) {
    this.name = path
    this.#file = fileSystem.open(path, 'read')
    try {
      this.#contents = this.#readAll()
    } catch (error) {
      this.#file.close()
      throw error instanceof MalformedMessageError
        ? new CorruptSegmentError(path, error.position, error.message)
        : error
    }
  }

  /** A partition of the bundle. */
  find(partition: TopicPartition): Pick<BundlePartition, 'described' | 'fromOffset'> | undefined {
    return this.#partitions.get(partitionDirectoryName(partition))
  }

  topicId(name: string): LeaderTopic['id'] {
    return this.#contents.topics.find((topic) => topic.name === name)?.id?.value
  }

  async topics(): Promise<LeaderTopic[]> {
    return this.#contents.topics.map(topicFromMessage)
  }

  async partitions(partitions: readonly TopicPartition[]): Promise<(LeaderPartition | undefined)[]> {
    return partitions.map((one) => this.find(one)?.described)
  }

  async epochEnd(partition: TopicPartition, epoch: LeaderEpoch): Promise<LeaderEpochEnd> {
    const found = this.find(partition)
    if (found === undefined) return { epoch: NO_LEADER_EPOCH, endOffset: offset(-1) }
    return epochEndIn(found.described.epochs, found.described.logEndOffset, epoch)
  }

  async batchAt(partition: TopicPartition, target: Offset): Promise<BatchFacts | undefined> {
    const found = this.#partitions.get(partitionDirectoryName(partition))
    if (found === undefined) return undefined
    const { before, batches } = found
    if (before !== undefined && target < before.nextOffset) return before
    const place = batches.find(({ nextOffset }) => nextOffset > target)
    const bytes = place && this.#batchesAt(place)
    for (let at = 0; bytes !== undefined && at < bytes.length;) {
      const batch = batchIn(bytes, at)
      if (batch.nextOffset > target) return batchFacts(batch)
      at += batch.sizeInBytes
    }
    return undefined
  }

  async fetch(partition: TopicPartition, from: Offset): Promise<Uint8Array> {
    const found = this.#partitions.get(partitionDirectoryName(partition))
    if (found === undefined || from < found.fromOffset) return new Uint8Array()
    const place = found.batches.find(({ nextOffset }) => nextOffset > from)
    return place === undefined ? new Uint8Array() : fromBatchWith(this.#batchesAt(place), from)
  }

  async groups(topics: readonly string[]): Promise<GroupOffsets[]> {
    return this.#contents.groups
      .map(({ groupId, offsets }) => ({ groupId, offsets: offsets.filter(({ topic }) => topics.includes(topic)) }))
      .filter(({ offsets }) => offsets.length > 0)
  }

  close(): void {
    this.#file.close()
  }

  #readAll(): BundleContents {
    this.#refuseOther()
    const first = readFrame(this.#file, bundleMagic.length)
    if (first.kind !== 'contents')
      throw new CorruptSegmentError(this.name, bundleMagic.length, 'the contents do not come first')
    const contents = decodeContents(first.body)
    const partitions = contents.partitions.map(({ described, fromOffset, before }) => ({
      described: { ...partitionFromMessage(described), partialFrom: fromOffset },
      fromOffset,
      before: before ?? undefined,
      batches: [],
    }))
    for (const [at, { topic, partition }] of contents.partitions.entries()) {
      const found = partitions[at]
      if (found !== undefined) this.#partitions.set(partitionDirectoryName({ topic, partition }), found)
    }
    this.#readFrames(first, partitions)
    return contents
  }

  #refuseOther(): void {
    const magic = new Uint8Array(bundleMagic.length)
    this.#file.read(magic, 0)
    if (magic.every((byte, at) => byte === bundleMagic[at])) return
    throw new RefusedError(`${this.name} is no bundle that this tslog knows`, {
      hint: 'tslog replicate TOPIC bundle:FILE makes one',
    })
  }

  #readFrames(first: BundleFrame, partitions: readonly BundlePartition[]): void {
    let chained = chainCrc(0, first.crc)
    let frameCount = 1
    for (let position = first.end; ;) {
      const frame = readFrame(this.#file, position)
      if (frame.kind === 'end') {
        const end = decodeEnd(frame.body)
        if (end.frameCount === frameCount && end.chainedCrc === chained) return
        throw new CorruptSegmentError(this.name, position, 'the bundle is not the one that was written')
      }
      this.#noteBatches(frame, position, partitions)
      chained = chainCrc(chained, frame.crc)
      frameCount++
      position = frame.end
    }
  }

  #noteBatches({ body }: BundleFrame, position: number, partitions: readonly BundlePartition[]): void {
    const index = body.length < partitionIndexBytes ? -1 : new DataView(body.buffer, body.byteOffset).getUint32(0)
    const partition = partitions[index]
    if (partition === undefined)
      throw new CorruptSegmentError(this.name, position, 'batches of a partition that it does not name')
    const bytes = body.subarray(partitionIndexBytes)
    let last = batchIn(bytes, 0)
    const { baseOffset } = last
    for (let at = last.sizeInBytes; at < bytes.length; at += last.sizeInBytes) last = batchIn(bytes, at)
    partition.batches.push({ position, baseOffset, nextOffset: last.nextOffset })
  }

  #batchesAt({ position }: BundledBatches): Uint8Array {
    return readFrame(this.#file, position).body.subarray(partitionIndexBytes)
  }
}

/** Throws `MalformedMessageError`. */
function batchIn(bytes: Uint8Array, at: number): RecordBatch {
  const scanned = scanBatch(bytes, at, bytes.length)
  if (scanned.kind === 'batch' && scanned.batch instanceof RecordBatch) return scanned.batch
  throw new MalformedMessageError('no batch of magic 2 begins here', at)
}

function fromBatchWith(bytes: Uint8Array, from: Offset): Uint8Array {
  for (let at = 0; at < bytes.length;) {
    const batch = batchIn(bytes, at)
    if (batch.nextOffset > from) return bytes.subarray(at)
    at += batch.sizeInBytes
  }
  return new Uint8Array()
}
