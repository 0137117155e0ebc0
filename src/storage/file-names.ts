import { offset, type Offset } from '../base/brands.ts'
import { UsageError } from '../base/errors.ts'
import { isDigits, isPlainText } from '../base/plain-text.ts'

/** What follows the stem of the files of one segment. `txnindex` is there only when a transaction was aborted in the segment. */
export type SegmentPart = 'log' | 'index' | 'timeindex' | 'txnindex'

/**
 * What stands behind the whole name while a file is on its way in or out: `.cleaned` is being written by compaction,
 * `.swap` is complete and replaces what it overlaps, `.deleted` waits to be unlinked.
 */
export type FileState = '' | '.cleaned' | '.swap' | '.deleted'

/** What a name inside a partition directory stands for. */
export type PartitionFile =
  | { readonly kind: 'segment'; readonly baseOffset: Offset; readonly part: SegmentPart; readonly state: FileState }
  /** State of producers up to `offset` (exclusive). */
  | { readonly kind: 'snapshot'; readonly offset: Offset; readonly state: FileState }
  /** Bytes that recovery cut off and kept: ours, a name that Kafka leaves alone. */
  | { readonly kind: 'quarantine'; readonly baseOffset: Offset; readonly position: number }
  | { readonly kind: 'leader-epoch-checkpoint' }
  | { readonly kind: 'partition-metadata' }
  | { readonly kind: 'lock' }
  /** A checkpoint that was being written; of no value. */
  | { readonly kind: 'temporary' }
  /** Anything else that ends in `.deleted`: Kafka unlinks it when it loads the directory, and so do we. */
  | { readonly kind: 'deleted' }
  /** Carries one of Kafka's suffixes without being one of its names: Kafka would refuse to load the directory. */
  | { readonly kind: 'misnamed' }
  /** Nobody's; left alone. */
  | { readonly kind: 'other' }

export const LEADER_EPOCH_CHECKPOINT = 'leader-epoch-checkpoint'
export const PARTITION_METADATA = 'partition.metadata'
/** Lock and shared state of the writers of one partition; ours, without any of Kafka's suffixes. */
export const PARTITION_LOCK = 'tslog.lock'
/** Held while closed segments of a partition are rewritten beside its writers; ours too. */
export const MAINTENANCE_LOCK = 'tslog-maintenance.lock'
/** What replaces `<name>` is written to `<name>.tmp` first. */
export const TEMPORARY_SUFFIX = '.tmp'

const OFFSET_MAX = 2n ** 63n - 1n

/** An offset as the stem of a file name: 20 decimal digits (Kafka's `LogFileUtils.filenamePrefixFromOffset`). */
function fileStem(baseOffset: Offset): string {
  return String(baseOffset).padStart(20, '0')
}

/** The name of one file of a segment, such as `00000000000000000015.index`. */
export function segmentFileName(baseOffset: Offset, part: SegmentPart, state: FileState = ''): string {
  return `${fileStem(baseOffset)}.${part}${state}`
}

/** The name of the producer snapshot up to `end` (exclusive). */
export function snapshotFileName(end: Offset): string {
  return `${fileStem(end)}.snapshot`
}

/** The name under which recovery keeps what it cut from a segment at `position`, in bytes. */
export function quarantineFileName(baseOffset: Offset, position: number): string {
  return `${fileStem(baseOffset)}.${position}.corrupt`
}

export const LOG_FILE_NAME_LENGTH = 24

/** Whether `name` may be the `.log` of a segment. */
export function isLogFileName(name: string): boolean {
  return name.length === LOG_FILE_NAME_LENGTH && name.endsWith('.log')
}

/** The base offset in the name of a segment's file; `undefined` for a name without one. */
export function baseOffsetOf(name: string): Offset | undefined {
  return parseFileStem(name.slice(0, 20))
}

/**
 * The base offsets in names of segments' files, those without one left out. No function of ours is called for each: what is called some thirty
 * times makes the engine start its compiler, and every reader of a large partition comes by here.
 */
export function baseOffsetsOf(names: readonly string[]): Offset[] {
  const bases: Offset[] = []
  for (const name of names) {
    const stem = name.slice(0, 20)
    try {
      const value = BigInt.asIntN(64, BigInt(stem))
      // `BigInt` reads other notations too.
      if (String(value).padStart(20, '0') === stem) bases.push(value as Offset)
    } catch {
      // No number at all.
    }
  }
  return bases
}

/** What `name` is in a partition directory. Never throws: any string may stand in a directory. */
export function parsePartitionFile(name: string): PartitionFile {
  const known = fixedName(name) ?? numberedName(name)
  if (known !== undefined) return known
  if (name.endsWith('.deleted')) return { kind: 'deleted' }
  if (name.endsWith(TEMPORARY_SUFFIX)) return { kind: 'temporary' }
  if (/\.(log|index|timeindex|txnindex|snapshot|swap|cleaned)$/.test(name)) return { kind: 'misnamed' }
  return { kind: 'other' }
}

function fixedName(name: string): PartitionFile | undefined {
  if (name === LEADER_EPOCH_CHECKPOINT) return { kind: 'leader-epoch-checkpoint' }
  if (name === PARTITION_METADATA) return { kind: 'partition-metadata' }
  return name === PARTITION_LOCK || name === MAINTENANCE_LOCK ? { kind: 'lock' } : undefined
}

function numberedName(name: string): PartitionFile | undefined {
  const dot = name.indexOf('.')
  const number = dot === 20 ? parseFileStem(name.slice(0, 20)) : undefined
  if (number === undefined) return undefined
  const rest = name.slice(21)
  const end = rest.indexOf('.')
  const part = end < 0 ? rest : rest.slice(0, end)
  const state = end < 0 ? '' : rest.slice(end)
  if (state === '.corrupt') return quarantine(number, part)
  if (!isFileState(state)) return undefined
  if (part === 'snapshot') return { kind: 'snapshot', offset: number, state }
  return isSegmentPart(part) ? { kind: 'segment', baseOffset: number, part, state } : undefined
}

function quarantine(baseOffset: Offset, digits: string): PartitionFile | undefined {
  // What follows a hyphen tells copies of the same place apart.
  const position = /^(\d{1,15})(-\d{1,6})?$/.exec(digits)?.[1]
  return position === undefined ? undefined : { kind: 'quarantine', baseOffset, position: Number(position) }
}

/** The offset that 20 digits name, or `undefined` when they are none, or more than an int64 holds. */
function parseFileStem(stem: string): Offset | undefined {
  if (stem.length !== 20 || !isDigits(stem)) return undefined
  const value = BigInt(stem)
  return value <= OFFSET_MAX ? offset(value) : undefined
}

function isSegmentPart(part: string): part is SegmentPart {
  return part === 'log' || part === 'index' || part === 'timeindex' || part === 'txnindex'
}

function isFileState(state: string): state is FileState {
  return state === '' || state === '.cleaned' || state === '.swap' || state === '.deleted'
}

/**
 * The names at the top of a data directory that are not partitions. Ours begin with `tslog` and are plain files: Kafka
 * takes every directory for a partition and does not start when the name is none.
 */
export const TOPICS_FILE = 'tslog-topics.json'
export const TOPICS_LOCK = 'tslog-topics.lock'
/** Held exclusively by the one server of the directory. */
export const SERVE_LOCK = 'tslog-serve.lock'
/** Where commands reach the server. */
export const SERVE_SOCKET = 'tslog.sock'
/** Which producer ids were given out; the server's. */
export const PRODUCER_IDS_FILE = 'tslog-producer-ids.json'
/** Who may log in, with what is kept of their passwords: the server's, for the owner alone. */
export const CREDENTIALS_FILE = 'tslog-users.json'
/** Who may do what; as private. */
export const ACCESS_RULES_FILE = 'tslog-acls.json'
/** Who may send and read how fast; as private. */
export const QUOTAS_FILE = 'tslog-quotas.json'
export const CHECKPOINT_LOCK = 'tslog-checkpoint.lock'
/** Kafka's own lock over the whole directory. */
export const KAFKA_LOCK = '.lock'
export const META_PROPERTIES = 'meta.properties'
export const CLEAN_SHUTDOWN_MARKER = '.kafka_cleanshutdown'
/** Where the marker waits for the next orderly close. */
export const CLEAN_SHUTDOWN_ASIDE = 'tslog-cleanshutdown'
/** The topic of a KRaft cluster's metadata, which has one partition; kept by its controllers, never a topic of ours. */
export const METADATA_TOPIC = '__cluster_metadata'

/** One partition of one topic. */
export interface TopicPartition {
  readonly topic: string
  /** 0 to 2^31-1. */
  readonly partition: number
}

/** What the name of a directory in a data directory stands for. */
export type LogDirectoryName =
  | ({ readonly kind: 'partition' } & TopicPartition)
  /**
   * `delete`: scheduled for deletion; its topic may be cut short. `future`: a replica on its way from another data
   * directory. `stray`: a replica that a Kafka controller did not know, set aside.
   */
  | ({ readonly kind: 'delete' | 'future' | 'stray'; readonly id: string } & TopicPartition)
  /** A directory that Kafka or the file system keeps here and that holds no partition. */
  | { readonly kind: 'reserved' }
  /** Kafka would not start with it. */
  | { readonly kind: 'invalid'; readonly reason: string }

/** The directory of a partition, and our key for it in maps: `<topic>-<partition>`. */
export function partitionDirectoryName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

/** The name a partition directory gets when it is to be deleted; `id` is 32 hex digits. The topic is cut so that 255 bytes do. */
export function deletedDirectoryName({ topic, partition }: TopicPartition, id: string): string {
  const tail = `-${partition}.${id}-delete`
  return topic.slice(0, 255 - tail.length) + tail
}

/** Reads the name of a directory as Kafka's `LocalLog.parseTopicPartitionName` does. Never throws. */
export function parseLogDirectoryName(name: string): LogDirectoryName {
  if (name === 'remote-log-index-cache' || name === 'lost+found') return { kind: 'reserved' }
  const mark = directoryMarks.find((one) => name.endsWith(`-${one}`))
  return mark === undefined ? plainName(name) : markedName(name, mark)
}

const directoryMarks = ['delete', 'future', 'stray'] as const

/** What stands before the last dot is a plain name; a topic may contain dots too. */
function markedName(name: string, mark: (typeof directoryMarks)[number]): LogDirectoryName {
  const dot = name.lastIndexOf('.')
  const plain = plainName(name.slice(0, Math.max(dot, 0)))
  const id = name.slice(dot + 1, -(mark.length + 1))
  if (plain.kind !== 'partition' || !/^\S+$/.test(id)) {
    return { kind: 'invalid', reason: `it is no <topic>-<partition>.<id>-${mark}` }
  }
  return { ...plain, kind: mark, id }
}

function plainName(name: string): LogDirectoryName {
  // Topics may contain hyphens, so the partition is what follows the last one.
  const hyphen = name.lastIndexOf('-')
  if (hyphen <= 0) return { kind: 'invalid', reason: 'it is no <topic>-<partition>' }
  const topic = name.slice(0, hyphen)
  const partition = parsePartition(name.slice(hyphen + 1))
  if (partition === undefined) return { kind: 'invalid', reason: 'it does not end in a partition number' }
  const problem = topicNameProblem(topic)
  return problem === undefined
    ? { kind: 'partition', topic, partition }
    : { kind: 'invalid', reason: `the topic ${problem}` }
}

/** The number that `text` names, or `undefined` when it is not written as Kafka writes one. */
export function parsePartition(text: string): number | undefined {
  if (text.length > 10 || !isDigits(text) || (text.startsWith('0') && text !== '0')) return undefined
  const partition = Number(text)
  return partition < 2 ** 31 ? partition : undefined
}

export const TOPIC_NAME_LENGTH_MAX = 249

/**
 * Checks a topic name from wherever it came, before it becomes part of a path: 1 to 249 of `a-z A-Z 0-9 . _ -`, and
 * neither `.` nor `..`. Throws `UsageError` that says what is wrong with it.
 */
export function validateTopicName(name: string): void {
  const problem = topicNameProblem(name)
  if (problem === undefined) return
  const shown = JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}...` : name)
  throw new UsageError(`not a topic name: ${shown} ${problem}`, {
    hint: 'use letters, digits, ".", "_" and "-", such as app-logs',
  })
}

/** Whether `validateTopicName` has nothing against `name`. */
export function isTopicName(name: string): boolean {
  return topicNameProblem(name) === undefined
}

function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (name === '.' || name === '..') return 'means a directory'
  if (name.length > TOPIC_NAME_LENGTH_MAX)
    return `has ${name.length} characters, at most ${TOPIC_NAME_LENGTH_MAX} are allowed`
  if (isPlainText(name)) return undefined
  const stranger = /[^a-zA-Z0-9._-]/u.exec(name)?.[0]
  return stranger === undefined ? undefined : `contains ${JSON.stringify(stranger)}`
}

/** Topics with the same key would share their metrics in Kafka, so the second is refused when it is created. */
export function topicCollisionKey(name: string): string {
  return name.replaceAll('.', '_')
}

/** Whether a topic is kept by the broker for itself. */
export function isInternalTopic(name: string): boolean {
  return name === '__consumer_offsets' || name === '__transaction_state' || name === '__share_group_state'
}
