import { basename, dirname } from 'node:path'
import { CorruptSegmentError, NotFoundError } from '../../base/errors.ts'
import type { FileSystem } from '../../disk/file-system.ts'
import { parseCheckpoint, splitFields } from '../../storage/checkpoint-file.ts'
import { parseJavaPropertiesBytes } from '../../storage/java-properties.ts'
import { readPartitionMetadata } from '../../storage/partition-metadata.ts'
import { decodeProducerSnapshot } from '../../storage/producer-snapshot.ts'
import { TopicCatalog } from '../../storage/topic-catalog.ts'
import { readWholeFile } from '../../storage/whole-file.ts'
import { WRITE_STATE_BYTES, WriteStateCodec } from '../../storage/write-state.ts'
import type { JsonValue } from '../format/json-document.ts'
import { damageEntry, type DumpEntry, type DumpValue } from './dump-entry.ts'

/** None of these grows beyond it. */
const bytesMax = 256 * 1024 * 1024

/** The producers of a `.snapshot`. */
export function* dumpSnapshot(fileSystem: FileSystem, path: string): Generator<DumpEntry> {
  const read = decodeProducerSnapshot(bytesOf(fileSystem, path))
  if (read.kind === 'damaged') yield damage(path, read.reason)
  else for (const entry of read.entries) yield { kind: 'producer', fields: { ...entry } }
}

/** `topic partition offset` lines. */
export function dumpOffsetCheckpoint(fileSystem: FileSystem, path: string): Generator<DumpEntry> {
  return checkpointLines(fileSystem, path, ['topic', 'partition', 'offset'])
}

/** `epoch startOffset` lines. */
export function dumpLeaderEpochs(fileSystem: FileSystem, path: string): Generator<DumpEntry> {
  return checkpointLines(fileSystem, path, ['leaderEpoch', 'startOffset'])
}

function* checkpointLines(fileSystem: FileSystem, path: string, names: readonly string[]): Generator<DumpEntry> {
  const checkpoint = parseCheckpoint(bytesOf(fileSystem, path))
  if (checkpoint.kind === 'damaged') {
    yield damageEntry({ position: checkpoint.position, reason: checkpoint.reason, file: basename(path) })
    return
  }
  for (const line of checkpoint.lines) {
    const values = splitFields(line, names.length)
    const fields = names.map((name, at): [string, DumpValue] => [name, numberOr(values?.[at] ?? '')])
    if (values === undefined) yield damage(path, `not ${names.join(', ')}: ${JSON.stringify(line.slice(0, 80))}`)
    else yield { kind: 'checkpoint', fields: Object.fromEntries(fields) }
  }
}

function numberOr(text: string): DumpValue {
  return /^-?\d{1,19}$/.test(text) ? BigInt(text) : text
}

/** The topic id in a `partition.metadata`. */
export function* dumpPartitionMetadata(fileSystem: FileSystem, path: string): Generator<DumpEntry> {
  const read = readPartitionMetadata(fileSystem, dirname(path))
  if (read.kind === 'metadata') yield { kind: 'metadata', fields: { topicId: read.topicId } }
  else yield damage(path, read.kind === 'damaged' ? read.reason : 'it went away')
}

/** Keys and values of a `.properties` file. */
export function* dumpProperties(fileSystem: FileSystem, path: string): Generator<DumpEntry> {
  for (const [key, value] of parseJavaPropertiesBytes(bytesOf(fileSystem, path)))
    yield { kind: 'property', fields: { key, value } }
}

/** What the last writer of a partition left in `tslog.lock`: nothing after a clean close. */
export function* dumpWriteState(fileSystem: FileSystem, path: string): Generator<DumpEntry> {
  const bytes = bytesOf(fileSystem, path)
  const state = new WriteStateCodec().decode(bytes)
  if (state !== undefined) yield { kind: 'state', fields: { ...state } }
  else if (bytes.every((byte) => byte === 0)) yield { kind: 'state', fields: { isEmpty: true } }
  else yield damage(path, `${bytes.length} bytes are no write state of ${WRITE_STATE_BYTES}`)
}

/** The topics of `tslog-topics.json`. */
export function* dumpTopics(fileSystem: FileSystem, path: string): Generator<DumpEntry> {
  try {
    for (const [name, topic] of new TopicCatalog(fileSystem, dirname(path)).read() ?? []) {
      const { id, partitionCount, configs, createdMs } = topic
      yield { kind: 'topic', fields: { name, id, partitionCount, configs: Object.fromEntries(configs), createdMs } }
    }
  } catch (error) {
    if (!(error instanceof CorruptSegmentError)) throw error
    yield damage(path, error.message)
  }
}

/** Whom a KRaft controller or broker knows as the leader of the metadata log, and whom it voted for. */
export function* dumpQuorumState(fileSystem: FileSystem, path: string): Generator<DumpEntry> {
  const state = parsedObject(new TextDecoder().decode(bytesOf(fileSystem, path)))
  if (state === undefined) yield damage(path, 'it is no JSON object')
  else yield { kind: 'quorum', fields: state }
}

function parsedObject(text: string): Readonly<Record<string, JsonValue>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value as Record<string, JsonValue>))
      : undefined
  } catch {
    return undefined
  }
}

/** The lines of a file that is text. */
export function* dumpText(fileSystem: FileSystem, path: string): Generator<DumpEntry> {
  for (const line of new TextDecoder().decode(bytesOf(fileSystem, path)).split('\n')) {
    if (line !== '') yield { kind: 'line', fields: { text: line } }
  }
}

function bytesOf(fileSystem: FileSystem, path: string): Uint8Array {
  const file = readWholeFile(fileSystem, path, bytesMax)
  if (file.kind === 'absent') throw new NotFoundError(`${path} is not there`)
  if (file.kind === 'too-large') throw new CorruptSegmentError(path, 0, `${file.size} bytes are too many`)
  return file.bytes
}

function damage(path: string, reason: string): DumpEntry {
  return damageEntry({ position: 0, reason, file: basename(path) })
}
