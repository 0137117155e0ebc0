import { basename, resolve } from 'node:path'
import { NotFoundError, UsageError } from '../../base/errors.ts'
import { nearest } from '../../base/nearest-name.ts'
import type { FileSystem } from '../../disk/file-system.ts'
import { partitionDirectoryName, segmentFileName } from '../../storage/file-names.ts'
import { listSegments } from '../../storage/segment-list.ts'
import type { CliContext } from '../context.ts'
import { quoted } from '../format/visible-text.ts'
import { openStore, type StoreOptions } from '../open-store.ts'
import { fileKind } from './file-kind.ts'

/** The files that a command line means, each by its absolute path, oldest segment first. */
export async function filesToDump(
  source: string,
  options: StoreOptions,
  context: CliContext,
): Promise<readonly string[]> {
  const path = resolve(context.cwd, source)
  const facts = context.fileSystem().stat(path)
  if (source.includes('/')) return filesAt(path, context.fileSystem())
  // A name such as 00000000000000000000.log means the file that lies here; any other name is a topic's first.
  if (facts?.kind === 'file' && fileKind(basename(path)) !== undefined) return [path]
  try {
    return await segmentsOf(source, options, context)
  } catch (error) {
    if (error instanceof NotFoundError && facts !== undefined) return filesAt(path, context.fileSystem())
    throw error
  }
}

function filesAt(path: string, fileSystem: FileSystem): readonly string[] {
  const facts = fileSystem.stat(path)
  if (facts === undefined) throw noFile(path, fileSystem)
  if (facts.kind !== 'directory') return [path]
  const bases = listSegments(fileSystem, path)
  if (bases.length > 0) return bases.map((base) => `${path}/${segmentFileName(base, 'log')}`)
  throw new UsageError(`${path} is a directory without segments`, {
    hint: `name a partition's directory or one of its files: tslog dump ${path}/app-logs-0`,
  })
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

async function segmentsOf(source: string, options: StoreOptions, context: CliContext): Promise<readonly string[]> {
  const { topic, partition } = parseTopicPartition(source)
  const store = openStore(options, context)
  try {
    const { partitionCount } = await store.topic(topic)
    if (partition >= partitionCount) {
      throw new NotFoundError(`topic ${topic} has no partition ${partition}`, {
        hint: `it has partitions 0 to ${partitionCount - 1}`,
      })
    }
    const directory = resolve(context.cwd, store.name, partitionDirectoryName({ topic, partition }))
    return listSegments(context.fileSystem(), directory).map((base) => `${directory}/${segmentFileName(base, 'log')}`)
  } finally {
    store.close()
  }
}

function parseTopicPartition(source: string): { topic: string; partition: number } {
  const [, topic = source, digits] = /^([^:]+)(?::(\d{1,9}))?$/.exec(source) ?? []
  if (topic.includes(':')) {
    throw new UsageError(`${quoted(source)} is neither a file nor TOPIC:PARTITION`, { hint: 'tslog dump app-logs:0' })
  }
  return { topic, partition: Number(digits ?? 0) }
}
