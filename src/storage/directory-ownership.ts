import { DiskError, LockedError, NotFoundError, RefusedError } from '../base/errors.ts'
import type { FileSystem, OpenFile, OpenMode } from '../disk/file-system.ts'
import { KAFKA_LOCK, META_PROPERTIES, parseLogDirectoryName, TOPICS_FILE } from './file-names.ts'
import { readWholeFile } from './whole-file.ts'

/** Of `meta.properties`: 0 is of the ZooKeeper era, 1 of KRaft. */
const metaVersionMax = 1

/** Whose a directory is, by what lies in it. */
export type DirectoryOwner =
  /** There is no such directory. */
  | 'missing'
  /** A directory with nothing in it, or a symbolic link to one. */
  | 'empty'
  /** Ours: it has `tslog-topics.json`. */
  | 'tslog'
  /** A Kafka broker's (it has `meta.properties`), or a copy of some of its partitions. */
  | 'kafka'
  /** Something that is no log. */
  | 'other'

/** Looks at a directory without touching it. Throws `RefusedError` when its format is one of the future, or for a link to nowhere. */
export function directoryOwner(fileSystem: FileSystem, directory: string): DirectoryOwner {
  if (fileSystem.stat(directory) === undefined) return 'missing'
  refuseNewerFormat(fileSystem, directory)
  if (fileSystem.stat(`${directory}/${TOPICS_FILE}`) !== undefined) return 'tslog'
  if (fileSystem.stat(`${directory}/${META_PROPERTIES}`) !== undefined) return 'kafka'
  // A symbolic link to a directory is listed as that directory is.
  const listed = fileSystem.list(directory)
  if (listed === undefined) throw new RefusedError(`${directory} is a symbolic link that leads nowhere`)
  const entries = listed.filter(({ name }) => !isOurLeftover(name))
  if (entries.length === 0) return 'empty'
  const hasPartition = entries.some(
    ({ name, kind }) => kind === 'directory' && isPartition(fileSystem, directory, name),
  )
  return hasPartition ? 'kafka' : 'other'
}

const metaBytesMax = 64 * 1024

/** Kafka's `meta.properties` has the version of all that is beside it. One that is damaged is for `verify` to tell: the rest can be read. */
function refuseNewerFormat(fileSystem: FileSystem, directory: string): void {
  const path = `${directory}/${META_PROPERTIES}`
  const text = metaText(fileSystem, path)
  // As tslog and Kafka write it: a start has read the file sooner than it has made ready for a pattern.
  if (text.includes('\nversion=1\n')) return
  const version = /^[ \t]*version[ \t]*[=:][ \t]*(\d{1,9})[ \t]*\r?$/m.exec(text)?.[1]
  if (version === undefined || Number(version) <= metaVersionMax) return
  throw new RefusedError(`${path} has version ${version}, this tslog knows 0 and 1`, {
    hint: 'use a newer tslog',
  })
}

/** Empty where it is not there, may not be read, or is no such file. */
function metaText(fileSystem: FileSystem, path: string): string {
  try {
    const read = readWholeFile(fileSystem, path, metaBytesMax)
    return read.kind === 'bytes' ? new TextDecoder().decode(read.bytes) : ''
  } catch (error) {
    if (error instanceof DiskError) return ''
    throw error
  }
}

/** A name alone would make a log of `backup-2024`; its segments must be there too. */
function isPartition(fileSystem: FileSystem, directory: string, name: string): boolean {
  if (parseLogDirectoryName(name).kind !== 'partition') return false
  return (fileSystem.list(`${directory}/${name}`) ?? []).some((file) => /^\d{20}\.log$/.test(file.name))
}

/** What a first writer that was killed may have made before the directory had its catalog. */
function isOurLeftover(name: string): boolean {
  return name === KAFKA_LOCK || name.startsWith('tslog-') || name === `${META_PROPERTIES}.tmp`
}

/**
 * Takes Kafka's own `.lock` shared, so that no broker starts while we work here, and none is running. Readers of a directory
 * without that file need no lock. Throws `LockedError` when a broker holds it.
 */
export function lockAgainstKafka(
  fileSystem: FileSystem,
  directory: string,
  mode: 'read' | 'write',
): OpenFile | undefined {
  const path = `${directory}/${KAFKA_LOCK}`
  for (;;) {
    if (mode === 'read' && fileSystem.stat(path) === undefined) return undefined
    const openMode: OpenMode = mode === 'write' ? 'create' : 'read'
    const file = fileSystem.open(path, openMode)
    if (!file.lock('shared', 0)) {
      file.close()
      throw new LockedError(`${directory} is held exclusively by a Kafka broker or a tslog close`, {
        hint: 'stop the broker, or wait until the close has ended',
      })
    }
    // Kafka deletes the file when it stops: a lock on a file without a name protects nothing.
    if (fileSystem.stat(path)?.identity === file.identity) return file
    file.close()
  }
}

/** Throws what a command that only reads must say of a directory it cannot work on. */
export function refuseUnreadable(directory: string, owner: DirectoryOwner): void {
  if (owner === 'missing') {
    throw new NotFoundError(`log directory ${directory} is not there`, {
      hint: 'name it with -d DIR or TSLOG_DIR; tslog produce makes it',
    })
  }
  if (owner === 'other') {
    throw new RefusedError(
      `${directory} is not a log directory: it has neither ${TOPICS_FILE} nor ${META_PROPERTIES}`,
      {
        hint: 'name another directory',
      },
    )
  }
}

/** Throws what a command that writes must say of a directory it may not change. */
export function refuseUnwritable(directory: string, owner: DirectoryOwner): void {
  if (owner === 'other') refuseUnreadable(directory, owner)
  if (owner !== 'kafka') return
  throw new RefusedError(`${directory} is Apache Kafka's: reading works, writing would change it`, {
    hint: '--adopt takes it over from its stopped broker (tslog close --adopt, or another command that writes); or work on a copy: tslog replicate TOPIC ./copy',
  })
}
