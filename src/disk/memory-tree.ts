import type { NameSurvival } from './crash-model.ts'
import type { MemoryFile } from './memory-file.ts'

/** A directory in memory, with the names that processes see and those that are durable. */
export interface MemoryDirectory {
  readonly kind: 'directory'
  readonly id: number
  seen: Map<string, MemoryNode>
  readonly durable: Map<string, MemoryNode>
}

export type MemoryNode = MemoryFile | MemoryDirectory

/** One name set to a file or directory, or (`undefined`) taken away. */
export interface NameEdit {
  readonly directory: MemoryDirectory
  readonly name: string
  readonly node: MemoryNode | undefined
}

/** What a create, remove or rename did to names: survives a crash as a whole or not at all, also across two directories. */
export interface NameChange {
  readonly edits: readonly NameEdit[]
  isDurable: boolean
}

/** The names of a disk, and the changes of them that are not durable yet, in order. */
export class MemoryTree {
  readonly root = memoryDirectory(1)
  #changes: NameChange[] = []

  change(...edits: NameEdit[]): void {
    for (const edit of edits) applyEdit(edit.directory.seen, edit)
    this.#changes.push({ edits, isDurable: false })
  }

  /** Whether a name in the directory is not durable yet. */
  hasUnsynced(directory: MemoryDirectory): boolean {
    return this.#changes.some((change) => !change.isDurable && concerns(change, directory))
  }

  /** Makes every change durable that concerns the directory. */
  sync(directory: MemoryDirectory): void {
    for (const change of this.#changes) {
      change.isDurable ||= concerns(change, directory)
    }
    const settled = this.#changes.findIndex((change) => !change.isDurable)
    const done = this.#changes.splice(0, settled === -1 ? this.#changes.length : settled)
    for (const change of done) applyToDisk(change)
  }

  /** The machine stops: `survival` chooses which changes are on the disk. What has no name then is gone. */
  crash(survival: NameSurvival): void {
    for (const change of survival(this.#changes)) applyToDisk(change)
    this.#changes = []
    for (const node of this.known()) {
      if (node.kind === 'directory') node.seen = new Map(node.durable)
    }
  }

  /** Everything that has a name, may have one after a crash, or could get one back that it lost since the last sync. */
  known(): Set<MemoryNode> {
    const found = new Set<MemoryNode>([this.root])
    for (const { edits } of this.#changes) for (const { node } of edits) if (node !== undefined) found.add(node)
    for (const node of found) {
      if (node.kind === 'file') continue
      for (const inside of node.durable.values()) found.add(inside)
      for (const inside of node.seen.values()) found.add(inside)
    }
    return found
  }
}

export function memoryDirectory(id: number): MemoryDirectory {
  return { kind: 'directory', id, seen: new Map(), durable: new Map() }
}

function concerns(change: NameChange, directory: MemoryDirectory): boolean {
  return change.edits.some((edit) => edit.directory === directory)
}

function applyToDisk(change: NameChange): void {
  for (const edit of change.edits) applyEdit(edit.directory.durable, edit)
}

function applyEdit(names: Map<string, MemoryNode>, edit: NameEdit): void {
  if (edit.node === undefined) names.delete(edit.name)
  else names.set(edit.name, edit.node)
}
