import { basename, resolve } from 'node:path'
import type { Offset } from '../../base/brands.ts'
import { NotFoundError, UsageError } from '../../base/errors.ts'
import { nearest } from '../../base/nearest-name.ts'
import type { FileSystem } from '../../disk/file-system.ts'
import { directoryOwner } from '../../storage/directory-ownership.ts'
import { parseLogDirectoryName, partitionDirectoryName, segmentFileName } from '../../storage/file-names.ts'
import { missingPartition } from '../../storage/missing-partition.ts'
import { floorSegment, listSegments } from '../../storage/segment-list.ts'
import type { CliContext } from '../context.ts'
import { quoted } from '../format/visible-text.ts'
import { directoryOptions, type StoreOptions } from '../open-store.ts'
import { DirectoryStore } from '../../store/directory-store.ts'
import { baseOffsetOf, fileKind } from './file-kind.ts'

/** One file to show. */
export interface FileToDump {
  /** Absolute. */
  readonly path: string
  /** What entries call it, when it is one of many: its path from what was asked for. */
  readonly label?: string
  /** Where the next segment of the partition begins: all of this one lies before. */
  readonly endOffset?: Offset
}

/** The files that a command line means, those of a partition oldest first. */
export async function filesToDump(
  source: string,
  options: StoreOptions,
  context: CliContext,
): Promise<readonly FileToDump[]> {
  const path = resolve(context.cwd, source)
  const facts = context.fileSystem().stat(path)
  if (source.includes('/')) return filesAt(path, context.fileSystem())
  // A name such as 00000000000000000000.log means the file that lies here; any other name is a topic's first.
  if (facts?.kind === 'file' && fileKind(basename(path)) !== undefined) return [{ path }]
  try {
    return await filesOfTopic(source, options, context)
  } catch (error) {
    if (error instanceof NotFoundError && facts !== undefined) return filesAt(path, context.fileSystem())
    throw error
  }
}

function filesAt(path: string, fileSystem: FileSystem): readonly FileToDump[] {
  const facts = fileSystem.stat(path)
  if (facts === undefined) throw noFile(path, fileSystem)
  if (facts.kind !== 'directory') return [{ path }]
  if (listSegments(fileSystem, path).length > 0) return filesIn(fileSystem, path, '')
  const owner = directoryOwner(fileSystem, path)
  if (owner === 'tslog' || owner === 'kafka') return filesOfLogDirectory(fileSystem, path)
  throw new UsageError(`${path} is a directory without segments`, {
    hint: `name a log directory, a partition's directory or one of its files: tslog dump ${path}/app-logs-0`,
  })
}

/** First what stands at its top, then each directory of a partition, whatever Kafka has in mind for it. */
function filesOfLogDirectory(fileSystem: FileSystem, path: string): FileToDump[] {
  const directories = (fileSystem.list(path) ?? [])
    .filter(({ name, kind }) => kind === 'directory' && isOfPartition(name))
    .map(({ name }) => name)
    .toSorted()
  return [
    ...filesIn(fileSystem, path, ''),
    ...directories.flatMap((name) => filesIn(fileSystem, `${path}/${name}`, `${name}/`)),
  ]
}

function isOfPartition(name: string): boolean {
  const { kind } = parseLogDirectoryName(name)
  return kind !== 'reserved' && kind !== 'invalid'
}

/** All files of a directory but locks, by name. */
function filesIn(fileSystem: FileSystem, directory: string, prefix: string): FileToDump[] {
  const names = (fileSystem.list(directory) ?? [])
    .filter(({ name, kind }) => kind === 'file' && !isMereLock(name))
    .map(({ name }) => name)
    .toSorted()
  const bases = listSegments(fileSystem, directory)
  return names.map((name) => ({
    path: `${directory}/${name}`,
    label: prefix + name,
    ...(fileKind(name) === 'log' && endOf(bases, baseOffsetOf(name))),
  }))
}

/** `tslog.lock` of a partition also holds its write state; the others are empty. */
function isMereLock(name: string): boolean {
  return name === '.lock' || /^tslog-.*\.lock$/.test(name)
}

function endOf(bases: readonly Offset[], base: Offset): { endOffset?: Offset } {
  const at = floorSegment(bases, base)
  const endOffset = bases[at] === base ? bases[at + 1] : undefined
  return endOffset === undefined ? {} : { endOffset }
}

function noFile(path: string, fileSystem: FileSystem): NotFoundError {
  const directory = path.slice(0, path.lastIndexOf('/')) || '/'
  const isThere = fileSystem.stat(directory)?.kind === 'directory'
  const near = isThere
    ? nearest(
        basename(path),
        (fileSystem.list(directory) ?? []).map(({ name }) => name),
      )
    : undefined
  return new NotFoundError(`${path} is not there`, near === undefined ? {} : { hint: `did you mean ${near}?` })
}

/** The segments of one partition, or of all that are here. */
async function filesOfTopic(
  source: string,
  options: StoreOptions,
  context: CliContext,
): Promise<readonly FileToDump[]> {
  const { topic, partition } = parseTopicPartition(source)
  const store = new DirectoryStore(directoryOptions(options, context))
  try {
    const { partitionCount } = await store.topic(topic)
    if (partition !== undefined && partition >= partitionCount) throw missingPartition(topic, partition, partitionCount)
    const root = resolve(context.cwd, store.name)
    const fileSystem = context.fileSystem()
    if (partition !== undefined)
      return segmentsIn(fileSystem, `${root}/${partitionDirectoryName({ topic, partition })}`)
    const names = Array.from({ length: partitionCount }, (_, one) => partitionDirectoryName({ topic, partition: one }))
    return names
      .filter((name) => fileSystem.stat(`${root}/${name}`) !== undefined)
      .flatMap((name) =>
        segmentsIn(fileSystem, `${root}/${name}`).map((file) => ({ ...file, label: `${name}/${basename(file.path)}` })),
      )
  } finally {
    store.close()
  }
}

function segmentsIn(fileSystem: FileSystem, directory: string): FileToDump[] {
  const bases = listSegments(fileSystem, directory)
  return bases.map((base) => ({ path: `${directory}/${segmentFileName(base, 'log')}`, ...endOf(bases, base) }))
}

function parseTopicPartition(source: string): { topic: string; partition: number | undefined } {
  const [, topic = source, digits] = /^([^:]+)(?::(\d{1,9}))?$/.exec(source) ?? []
  if (topic.includes(':')) {
    throw new UsageError(`${quoted(source)} is neither a file nor TOPIC:PARTITION`, { hint: 'tslog dump app-logs:0' })
  }
  return { topic, partition: digits === undefined ? undefined : Number(digits) }
}
