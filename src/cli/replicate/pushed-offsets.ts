import { type Offset, offset } from '../../base/brands.ts'
import { CorruptSegmentError } from '../../base/errors.ts'
import type { FileSystem } from '../../disk/file-system.ts'
import { readWholeFile, replaceWholeFile } from '../../storage/whole-file.ts'

/** How far a partition was sent to a cluster whose offsets are its own. */
export interface PushedOffsets {
  /** Everything below it has been sent. */
  readonly source: Offset
  /** Where the cluster's log ended behind the last record of ours. */
  readonly target: Offset
}

const fileName = 'tslog-pushed.json'
const bytesMax = 64 * 1024 * 1024

/**
 * `tslog-pushed.json` of a log directory: which offsets of clusters stand for ours, so that a second run sends only what is new.
 *
 * ```
 * {"version":1,"pushed":{"<topic id there> <partition>":{"source":"1200","target":"4711"}}}
 * ```
 */
export class PushedOffsetsFile {
  readonly #fileSystem: FileSystem
  readonly #path: string
  readonly #known: Map<string, PushedOffsets>

  /** Throws `CorruptSegmentError` when the file is not what was written. */
  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem
    this.#path = `${directory}/${fileName}`
    const read = readWholeFile(fileSystem, this.#path, bytesMax)
    this.#known = read.kind === 'bytes' ? parse(this.#path, read.bytes) : new Map<string, PushedOffsets>()
  }

  /** `topic`: its id in the cluster, or another name that no other topic of any cluster has. */
  get(topic: string, partition: number): PushedOffsets | undefined {
    return this.#known.get(`${topic} ${partition}`)
  }

  set(topic: string, partition: number, pushed: PushedOffsets): void {
    this.#known.set(`${topic} ${partition}`, pushed)
  }

  /** Keeps what was set, durably. */
  save(): void {
    const pushed = Object.fromEntries(
      Array.from(this.#known, ([key, { source, target }]) => [key, { source: String(source), target: String(target) }]),
    )
    const text = `${JSON.stringify({ version: 1, pushed }, undefined, 1)}\n`
    replaceWholeFile(this.#fileSystem, this.#path, new TextEncoder().encode(text))
  }
}

function parse(path: string, bytes: Uint8Array): Map<string, PushedOffsets> {
  const known = new Map<string, PushedOffsets>()
  for (const [key, value] of Object.entries(pushedIn(path, bytes))) {
    const fields: unknown = value
    if (typeof fields !== 'object' || fields === null) throw damaged(path)
    const { source, target } = fields as Record<string, unknown>
    if (!isOffset(source) || !isOffset(target)) throw damaged(path)
    known.set(key, { source: offset(BigInt(source)), target: offset(BigInt(target)) })
  }
  return known
}

function pushedIn(path: string, bytes: Uint8Array): object {
  let root: unknown
  try {
    root = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw damaged(path)
  }
  if (typeof root !== 'object' || root === null || !('pushed' in root) || !('version' in root) || root.version !== 1)
    throw damaged(path)
  if (typeof root.pushed !== 'object' || root.pushed === null) throw damaged(path)
  return root.pushed
}

function isOffset(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,19}$/.test(value)
}

function damaged(path: string): CorruptSegmentError {
  return new CorruptSegmentError(path, 0, 'it does not tell what was sent where', {
    hint: 'without the file everything would be sent again: remove it only if that is meant',
  })
}
