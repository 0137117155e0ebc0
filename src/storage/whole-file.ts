import { DiskError } from '../base/errors.ts'
import type { FileSystem, OpenFile } from '../disk/file-system.ts'
import { TEMPORARY_SUFFIX } from './file-names.ts'

/** What reading a small file gave; `too-large` is damage or an attack, and nothing was read. */
export type WholeFile =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'absent' }
  | { readonly kind: 'too-large'; readonly size: number }

/** Reads a file of at most `bytesMax`. */
export function readWholeFile(fileSystem: FileSystem, path: string, bytesMax: number): WholeFile {
  const file = openIfThere(fileSystem, path)
  if (file === undefined) return { kind: 'absent' }
  try {
    const size = file.size()
    if (size > bytesMax) return { kind: 'too-large', size }
    const bytes = new Uint8Array(size)
    return { kind: 'bytes', bytes: bytes.subarray(0, file.read(bytes, 0)) }
  } finally {
    file.close()
  }
}

/**
 * Gives a file new content that is there whole or not at all, whatever happens meanwhile: writes `<path>.tmp`, syncs it,
 * renames it and syncs the directory; `create-private` makes it for the owner alone. One writer at a time: the caller holds the lock that the file is kept by.
 */
export function replaceWholeFile(
  fileSystem: FileSystem,
  path: string,
  bytes: Uint8Array,
  mode: 'create' | 'create-private' = 'create',
): void {
  putWholeFile(fileSystem, path, bytes, mode)
  fileSystem.syncDirectory(parentDirectory(path))
}

/** The same, but that the file has its new content for sure only once the directory is synced; until then it may have the old one, or not be there. */
export function putWholeFile(
  fileSystem: FileSystem,
  path: string,
  bytes: Uint8Array,
  mode: 'create' | 'create-private' = 'create',
): void {
  const temporary = path + TEMPORARY_SUFFIX
  const file = fileSystem.open(temporary, mode)
  try {
    file.truncate(0)
    file.write(bytes, 0)
    file.sync()
  } finally {
    file.close()
  }
  fileSystem.rename(temporary, path)
}

/** Makes what is in a file durable, whoever wrote it; nothing when there is none. */
export function syncFile(fileSystem: FileSystem, path: string): void {
  const file = openIfThere(fileSystem, path)
  try {
    file?.sync()
  } finally {
    file?.close()
  }
}

/** So many are synced at once: more fill no turn of the journal better, and descriptors are few. */
const syncedAtOnce = 128

/** `syncFile` for many, some at once: one turn of the disk's journal then does for many of them. Throws what the first one met that fails. */
export async function syncFiles(fileSystem: FileSystem, paths: readonly string[]): Promise<void> {
  for (let at = 0; at < paths.length; at += syncedAtOnce) {
    await syncTogether(fileSystem, paths.slice(at, at + syncedAtOnce))
  }
}

async function syncTogether(fileSystem: FileSystem, paths: readonly string[]): Promise<void> {
  const files: OpenFile[] = []
  try {
    for (const path of paths) {
      const file = openIfThere(fileSystem, path)
      if (file !== undefined) files.push(file)
    }
    const synced = await Promise.allSettled(files.map((file) => file.syncSoon()))
    for (const one of synced) if (one.status === 'rejected') throw one.reason
  } finally {
    for (const file of files) file.close()
  }
}

/** Opens a file for reading; `undefined` when there is none. */
export function openIfThere(fileSystem: FileSystem, path: string): OpenFile | undefined {
  // Most of these files are seldom there: to look first is a tenth of the price of an error that is caught.
  if (fileSystem.stat(path) === undefined) return undefined
  try {
    return fileSystem.open(path, 'read')
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return undefined
    throw error
  }
}

function parentDirectory(path: string): string {
  const slash = path.lastIndexOf('/')
  if (slash < 0) return '.'
  return slash === 0 ? '/' : path.slice(0, slash)
}
