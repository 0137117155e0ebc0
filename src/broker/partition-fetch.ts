import { NO_LEADER_EPOCH, type Offset, offset } from '../base/brands.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import { KafkaError } from '../protocol/kafka-error.ts'
import type { FetchResponse } from '../protocol/messages/fetch.ts'
import { scanBatch } from '../record/log-batch.ts'
import type { LogOffsets } from '../storage/log-offsets.ts'
import type { FetchedPartition } from './fetch-sessions.ts'
import type { FoundBatches } from './partition-readers.ts'
import type { Partition } from './partition.ts'

/** The answer for one partition. */
export type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number]

/** What a fetch found in one partition. */
export interface PartitionFetch {
  readonly answer: PartitionAnswer
  /** Waiting brings no more of it into one answer. */
  readonly isFull: boolean
}

/** What of a Fetch request all its partitions share, and what is left of it. */
export interface FetchTerms {
  readonly isCommittedOnly: boolean
  /** What the whole answer may still take, in bytes. */
  readonly bytesLeft: number
  /** What the whole answer still lacks, in bytes. */
  readonly bytesWanted: number
  /** No records were found yet: the first batch is given whatever its size. */
  readonly isFirst: boolean
}

const nothing = new Uint8Array(0)
const noBatches = { bytes: nothing, isCut: false }

/** Reads for one partition of a Fetch. Throws `KafkaError` for what that partition is refused with, or what the storage throws. */
export function fetchPartition(partition: Partition, wanted: FetchedPartition, terms: FetchTerms): PartitionFetch {
  partition.checkLeaderEpoch(wanted.currentLeaderEpoch)
  const offsets = partition.offsets()
  const diverging = divergence(partition, wanted, offsets)
  if (diverging !== undefined) {
    return { answer: { ...answer(wanted.partition, offsets), divergingEpoch: diverging }, isFull: true }
  }
  const { fetchOffset } = wanted
  if (fetchOffset < offsets.logStartOffset || fetchOffset > offsets.logEndOffset) {
    throw new KafkaError(
      ErrorCode.OFFSET_OUT_OF_RANGE,
      `fetch at ${fetchOffset}, the log is [${offsets.logStartOffset}, ${offsets.logEndOffset})`,
    )
  }
  const endOffset = terms.isCommittedOnly ? offsets.lastStableOffset : offsets.highWatermark
  const bytesMax = Math.min(wanted.bytesMax, terms.bytesLeft)
  const mayRead = bytesMax > 0 || terms.isFirst
  const { bytesWanted, isFirst: mayExceed } = terms
  const found = mayRead ? partition.find({ fetchOffset, endOffset, bytesMax, mayExceed, bytesWanted }) : noBatches
  const abortedTransactions = terms.isCommittedOnly ? abortedIn(partition, fetchOffset, found) : null
  return {
    answer: { ...answer(wanted.partition, offsets), records: found.bytes, abortedTransactions },
    isFull: found.isCut,
  }
}

/** The answer for a partition that is refused, with all that is not known. */
export function refusedPartition(partition: number, errorCode: number): PartitionAnswer {
  const unknown = offset(-1)
  const offsets = { logStartOffset: unknown, lastStableOffset: unknown, highWatermark: unknown, logEndOffset: unknown }
  return { ...answer(partition, offsets), errorCode }
}

function answer(partitionIndex: number, offsets: LogOffsets): PartitionAnswer {
  return {
    partitionIndex,
    errorCode: ErrorCode.NONE,
    highWatermark: offsets.highWatermark,
    lastStableOffset: offsets.lastStableOffset,
    logStartOffset: offsets.logStartOffset,
    divergingEpoch: { epoch: NO_LEADER_EPOCH, endOffset: offset(-1) },
    currentLeader: { leaderId: -1, leaderEpoch: NO_LEADER_EPOCH },
    snapshotId: { endOffset: offset(-1), epoch: NO_LEADER_EPOCH },
    abortedTransactions: null,
    preferredReadReplica: -1,
    records: nothing,
  }
}

/** Where the client's history parts from ours (KIP-595), when it says how far its own goes. */
function divergence(
  partition: Partition,
  { lastFetchedEpoch, fetchOffset }: FetchedPartition,
  { logEndOffset }: LogOffsets,
): PartitionAnswer['divergingEpoch'] | undefined {
  if (lastFetchedEpoch === NO_LEADER_EPOCH) return undefined
  const { epoch, endOffset } = partition.epochEnd(lastFetchedEpoch, logEndOffset)
  if (endOffset < 0n) {
    throw new KafkaError(ErrorCode.OFFSET_OUT_OF_RANGE, `nobody here knows of leader epoch ${lastFetchedEpoch}`)
  }
  return epoch < lastFetchedEpoch || endOffset < fetchOffset ? { epoch, endOffset } : undefined
}

function abortedIn(
  partition: Partition,
  fetchOffset: Offset,
  found: FoundBatches,
): PartitionAnswer['abortedTransactions'] {
  const end = found.nextOffset ?? endOf(found.bytes)
  if (end === undefined) return []
  const aborted = partition.abortedTransactions(fetchOffset, end)
  return aborted
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
    .sort((one, other) => Number(one.firstOffset - other.firstOffset))
}

/** The offset after the last of whole batches; hops over them. */
function endOf(records: Uint8Array): Offset | undefined {
  let end: Offset | undefined
  for (let at = 0; at < records.length;) {
    const scanned = scanBatch(records, at, records.length)
    if (scanned.kind !== 'batch') break
    end = scanned.batch.nextOffset
    at += scanned.batch.sizeInBytes
  }
  return end
}
