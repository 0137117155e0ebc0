import type { Offset } from '../../base/brands.ts'
import { NotFoundError } from '../../base/errors.ts'
import type { DirectoryEntry, FileSystem } from '../../disk/file-system.ts'
import { parsePartitionFile, type PartitionFile } from '../file-names.ts'
import type { Finding, FindingList } from './finding.ts'
import { readSnapshot } from '../snapshot-files.ts'

/** What the names in a partition directory tell. */
export interface PartitionNames {
  /** Base offsets of the segments, oldest first. */
  readonly bases: readonly Offset[]
  /** Index files whose `.log` is not there. */
  readonly strays: readonly StrayFile[]
  /** A swap of segments was begun and not finished: between two segments offsets may be missing until it is. */
  readonly isSwapping: boolean
}

/** A file of a segment, by its path. */
export interface StrayFile {
  readonly path: string
  readonly baseOffset: Offset
}

/** Judges every name in a partition directory, and what of the files is told by themselves. Throws `NotFoundError` when it is gone. */
export function checkNames(fileSystem: FileSystem, directory: string, findings: FindingList): PartitionNames {
  const entries = fileSystem.list(directory)
  if (entries === undefined) throw new NotFoundError(`partition directory ${directory} is not there`)
  const check = new NameCheck(fileSystem, directory, findings)
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) check.look(entry)
  return check.finish()
}

/** What a file on its way in or out is told to be. */
const leftovers: Readonly<Record<string, string>> = {
  '.cleaned': 'it is being written by a compaction, or left from one that was killed',
  '.swap': 'a swap of segments was not finished; whoever opens the partition next does it',
  '.deleted': 'it was deleted and waits to be removed',
}

/** What a file of a kind is told to be, whatever is in it. */
const byKind: Readonly<Partial<Record<PartitionFile['kind'], Pick<Finding, 'severity' | 'kind' | 'reason'>>>> = {
  misnamed: {
    severity: 'damage',
    kind: 'name',
    reason: 'Kafka would refuse to load a partition with a file of that name',
  },
  temporary: { severity: 'note', kind: 'leftover', reason: 'it was being written when its writer was killed' },
  deleted: { severity: 'note', kind: 'leftover', reason: 'it was deleted and waits to be removed' },
  quarantine: {
    severity: 'note',
    kind: 'leftover',
    reason: 'bytes that were damaged, kept when they were taken out of the log',
  },
}

class NameCheck {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #findings: FindingList
  readonly #bases: Offset[] = []
  readonly #indexes: StrayFile[] = []
  #isSwapping = false

  constructor(fileSystem: FileSystem, directory: string, findings: FindingList) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#findings = findings
  }

  look({ name, kind }: DirectoryEntry): void {
    const path = `${this.#directory}/${name}`
    const file = parsePartitionFile(name)
    if (kind === 'file') this.#lookAtFile(path, file)
    else if (file.kind !== 'other') this.#add(path, 'damage', 'name', 'it is no regular file')
  }

  finish(): PartitionNames {
    const known = new Set<bigint>(this.#bases)
    const strays = this.#indexes.filter(({ baseOffset }) => !known.has(baseOffset))
    return { bases: this.#bases, strays, isSwapping: this.#isSwapping }
  }

  #lookAtFile(path: string, file: PartitionFile): void {
    if (file.kind === 'segment') this.#lookAtSegment(path, file)
    else if (file.kind === 'snapshot') this.#lookAtSnapshot(path, file)
    else {
      const found = byKind[file.kind]
      if (found !== undefined) this.#findings.addFile(path, found)
    }
  }

  #lookAtSegment(path: string, { state, part, baseOffset }: PartitionFile & { kind: 'segment' }): void {
    if (state !== '') this.#addLeftover(path, state)
    else if (part === 'log') this.#bases.push(baseOffset)
    else this.#indexes.push({ path, baseOffset })
  }

  #lookAtSnapshot(path: string, { offset: at, state }: PartitionFile & { kind: 'snapshot' }): void {
    if (state !== '') {
      this.#addLeftover(path, state)
      return
    }
    const read = readSnapshot(this.#fileSystem, path)
    if (read.kind === 'damaged') this.#add(path, 'damage', 'snapshot', read.reason)
    if (read.kind !== 'entries') return
    const late = read.entries.find(({ lastOffset }) => lastOffset >= at)
    if (late === undefined) return
    const reason = `it names offset ${late.lastOffset} of producer ${late.producerId}, behind its own ${at}`
    this.#add(path, 'damage', 'snapshot', reason)
  }

  #addLeftover(path: string, state: string): void {
    if (state === '.swap') this.#isSwapping = true
    this.#add(path, 'note', 'leftover', leftovers[state] ?? state)
  }

  #add(path: string, severity: Finding['severity'], kind: Finding['kind'], reason: string): void {
    this.#findings.addFile(path, { severity, kind, reason })
  }
}
