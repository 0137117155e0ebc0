import type { FileSystem } from '../disk/file-system.ts'
import { putWholeFile, readWholeFile, replaceWholeFile } from './whole-file.ts'

/** What a checkpoint says: no file and an empty file are both no lines. */
export type Checkpoint =
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  /** Not what was written; `position` is the byte where the reader gave up. */
  | { readonly kind: 'damaged'; readonly position: number; readonly reason: string }

const bytesMax = 64 * 1024 * 1024

/**
 * Reads one of Kafka's text checkpoints: UTF-8, a line with the version `0`, a line with the number of entries, then one
 * entry a line. Kafka: `CheckpointFile`.
 */
export function readCheckpoint(fileSystem: FileSystem, path: string): Checkpoint {
  const file = readWholeFile(fileSystem, path, bytesMax)
  switch (file.kind) {
    case 'absent':
      return { kind: 'lines', lines: [] }
    case 'too-large':
      return { kind: 'damaged', position: 0, reason: `${file.size} bytes are too many for a checkpoint` }
    case 'bytes':
      return parseCheckpoint(file.bytes)
  }
}

/** Replaces a checkpoint as a whole: after a crash it holds either the old or the new lines. One writer at a time. */
export function writeCheckpoint(fileSystem: FileSystem, path: string, lines: readonly string[]): void {
  replaceWholeFile(fileSystem, path, bytesOf(lines))
}

/** The first lines of a checkpoint: it is there for sure, and then whole, once its directory is synced. */
export function beginCheckpoint(fileSystem: FileSystem, path: string, lines: readonly string[]): void {
  putWholeFile(fileSystem, path, bytesOf(lines))
}

function bytesOf(lines: readonly string[]): Uint8Array {
  return new TextEncoder().encode(['0', String(lines.length), ...lines, ''].join('\n'))
}

/** The same as `readCheckpoint`, for bytes that are at hand. */
export function parseCheckpoint(bytes: Uint8Array): Checkpoint {
  if (bytes.length === 0) return { kind: 'lines', lines: [] }
  const text = new TextDecoder().decode(bytes)
  const all = text.split(/\r?\n/)
  // What follows the last line end is empty, or a line that a careful hand left without one.
  if (all.at(-1) === '') all.pop()
  const [version = '', count = '', ...lines] = all
  if (version !== '0')
    return { kind: 'damaged', position: 0, reason: `version ${JSON.stringify(clip(version))} is not 0` }
  if (!/^\d{1,10}$/.test(count)) {
    return { kind: 'damaged', position: 2, reason: `${JSON.stringify(clip(count))} is no number of entries` }
  }
  if (Number(count) !== lines.length) {
    return { kind: 'damaged', position: 2, reason: `${count} entries are announced, ${lines.length} follow` }
  }
  return { kind: 'lines', lines }
}

/** The fields of an entry, or `undefined` unless there are `count` of them. */
export function splitFields(line: string, count: number): string[] | undefined {
  const fields = line.split(/[ \t]+/)
  return fields.length === count ? fields : undefined
}

/** A non-negative int64 in decimal, or `undefined`. */
export function parseCheckpointNumber(text: string): bigint | undefined {
  if (!/^\d{1,19}$/.test(text)) return undefined
  const value = BigInt(text)
  return value < 2n ** 63n ? value : undefined
}

function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text
}
