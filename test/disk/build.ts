import { errorCode } from '../../src/base/errors.ts'
import type { FileSystem, OpenFile } from '../../src/disk/file-system.ts'

export function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

/** All of an open file, one character a byte. */
export function contentOf(file: OpenFile): string {
  const target = new Uint8Array(file.size())
  file.read(target, 0)
  return Buffer.from(target).toString('latin1')
}

/** Makes a file with a content that is not synced; returns its path. */
export function writeFile(fileSystem: FileSystem, path: string, content: string): string {
  const file = fileSystem.open(path, 'create')
  file.write(bytes(content), 0)
  file.close()
  return path
}

/** The content of a file by its name, or `undefined` when there is none. */
export function readFile(fileSystem: FileSystem, path: string): string | undefined {
  if (fileSystem.stat(path) === undefined) return undefined
  const file = fileSystem.open(path, 'read')
  try {
    return contentOf(file)
  } finally {
    file.close()
  }
}

export function codeOf(error: unknown): string {
  return errorCode(error)
}
