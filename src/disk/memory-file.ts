import type { LockKind } from './file-system.ts'
import type { FileSurvival } from './crash-model.ts'
import { GrowableBytes } from './growable-bytes.ts'

/** One change of a file's content that no sync has covered yet. */
export type FileChange =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number }

/**
 * A file in memory: what processes see, what is durable, and the changes in between, in order.
 * Invariant: durable + all changes = seen, unless a sync has failed.
 */
export class MemoryFile {
  readonly kind = 'file'
  readonly id: number
  readonly holders = new Map<object, LockKind>()
  modifiedMs: number
  changedMs: number
  openCount = 0
  hasName = true
  #seen = new GrowableBytes()
  #durable = new GrowableBytes()
  #unsynced: FileChange[] = []

  constructor(id: number, modifiedMs: number) {
    this.id = id
    this.modifiedMs = modifiedMs
    this.changedMs = modifiedMs
  }

  get size(): number {
    return this.#seen.size
  }

  /** Whether there are changes that no sync has covered. */
  get hasUnsynced(): boolean {
    return this.#unsynced.length > 0
  }

  read(target: Uint8Array, position: number): number {
    return this.#seen.read(target, position)
  }

  write(source: Uint8Array, position: number): void {
    if (source.length === 0) return
    this.#seen.write(source, position)
    this.#unsynced.push({ kind: 'write', position, bytes: source.slice() })
  }

  truncate(size: number): void {
    this.#seen.truncate(size)
    this.#unsynced.push({ kind: 'truncate', size })
  }

  sync(): void {
    for (const change of this.#unsynced) applyChange(this.#durable, change)
    this.#unsynced = []
  }

  /**
   * What Linux does when an fsync fails: the dirty pages count as clean from now on. Everybody still reads them, a later
   * sync succeeds, and they are gone after a crash.
   */
  loseUnsynced(): void {
    this.#unsynced = []
  }

  /** The machine stops: `survival` chooses what of the unsynced changes is on the disk. */
  crash(survival: FileSurvival): void {
    survival(this.#durable, this.#unsynced, this.#seen.size)
    this.#unsynced = []
    this.#seen = this.#durable.copy()
    this.holders.clear()
    this.openCount = 0
  }
}

export function applyChange(target: GrowableBytes, change: FileChange): void {
  if (change.kind === 'write') target.write(change.bytes, change.position)
  else target.truncate(change.size)
}
