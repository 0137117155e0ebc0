import { type Offset, offset } from '../../base/brands.ts'
import type { Uuid } from '../../base/uuid.ts'
import type { FileSystem } from '../../disk/file-system.ts'
import { PARTITION_LOCK, partitionDirectoryName, segmentFileName, type TopicPartition } from '../file-names.ts'
import { LeaderEpochHistory, type LeaderEpochHistoryRead } from '../leader-epoch-history.ts'
import type { OffsetCheckpointName, OffsetMap } from '../offset-checkpoints.ts'
import type { WriteState } from '../write-state.ts'
import { WriteStateFile } from '../write-state-file.ts'
import { type Finding, FindingList } from './finding.ts'
import { metadataFinding } from './metadata-check.ts'
import { checkNames, type PartitionNames } from './partition-names.ts'
import { whileQuiet } from './quiet-look.ts'
import type { PublishedEnd, SegmentTask } from './segment-task.ts'

/** What of the log directory bears on one partition. */
export interface PartitionPlanOptions extends TopicPartition {
  readonly fileSystem: FileSystem
  /** The log directory. */
  readonly logDirectory: string
  readonly checkpoints: Readonly<Record<OffsetCheckpointName, OffsetMap>>
  /** The marker of an orderly close is there. */
  readonly wasClosed: boolean
  /** Whether the topic is, or ever was, compacted throughout. */
  readonly isCompacted: boolean
  readonly indexIntervalBytes: number | undefined
  /** The id that the catalog has for the topic; `undefined` in a directory without one. */
  readonly topicId: Uuid | undefined
  readonly isDeep: boolean
}

/** What is to be looked at in one partition, as it stood at one moment. */
export interface PartitionPlan extends TopicPartition {
  /** The partition's directory. */
  readonly directory: string
  readonly logStartOffset: Offset
  readonly tasks: readonly SegmentTask[]
  /** What the names and the small files say. */
  readonly findings: readonly Finding[]
  readonly history: LeaderEpochHistoryRead
  /** The id that the catalog has for the topic. */
  readonly topicId: Uuid | undefined
  /** Of the write state: another one means that segments may have come, gone or been swapped since. */
  readonly generation: bigint | undefined
}

/** More findings about names are counted only. */
const findingsMax = 1000
const everything = offset(2n ** 63n - 1n)

/** Looks at what a partition consists of, without reading its batches. Throws `NotFoundError` when the directory is gone. */
export function planPartition(options: PartitionPlanOptions): PartitionPlan {
  const directory = `${options.logDirectory}/${partitionDirectoryName(options)}`
  return withState(options.fileSystem, directory, (stateFile) => planLocked(options, stateFile))
}

/** The same for who holds the partition's lock, through `stateFile`. */
export function planLocked(options: PartitionPlanOptions, stateFile: WriteStateFile | undefined): PartitionPlan {
  const directory = `${options.logDirectory}/${partitionDirectoryName(options)}`
  return new Planning(options, directory, stateFile).plan()
}

/** The generation that the write state of a partition has now. */
export function generationNow(fileSystem: FileSystem, directory: string): bigint | undefined {
  return withState(fileSystem, directory, (stateFile) => stateFile?.read()?.generation)
}

function withState<T>(
  fileSystem: FileSystem,
  directory: string,
  look: (stateFile: WriteStateFile | undefined) => T,
): T {
  return whileQuiet(fileSystem, `${directory}/${PARTITION_LOCK}`, () => {
    const stateFile = WriteStateFile.find(fileSystem, directory)
    try {
      return look(stateFile)
    } finally {
      stateFile?.close()
    }
  })
}

class Planning {
  readonly #options: PartitionPlanOptions
  readonly #directory: string
  readonly #state: WriteState | undefined
  readonly #stateFile: WriteStateFile | undefined
  readonly #findings = new FindingList(findingsMax)

  constructor(options: PartitionPlanOptions, directory: string, stateFile: WriteStateFile | undefined) {
    this.#options = options
    this.#directory = directory
    this.#stateFile = stateFile
    this.#state = stateFile?.read()
  }

  plan(): PartitionPlan {
    const { fileSystem, topic, partition, topicId } = this.#options
    const directory = this.#directory
    const names = checkNames(fileSystem, directory, this.#findings)
    const bases = this.#basesInLog(names)
    const logStartOffset = max(this.#saidLogStart, bases[0] ?? offset(0n))
    const metadata = metadataFinding(fileSystem, directory, { topicId, isNew: bases.length === 0 })
    if (metadata !== undefined) this.#findings.add(metadata)
    this.#checkState()
    this.#checkBeginning(bases)
    const tasks = bases.map((base, at) => this.#task(base, { bases, at, logStartOffset, isSwapping: names.isSwapping }))
    return {
      topic,
      partition,
      directory,
      logStartOffset,
      tasks,
      findings: this.#findings.findings,
      history: LeaderEpochHistory.read(fileSystem, directory),
      topicId,
      generation: this.#state?.generation,
    }
  }

  #task(baseOffset: Offset, { bases, at, logStartOffset, isSwapping }: Placement): SegmentTask {
    const { fileSystem, isCompacted, wasClosed, indexIntervalBytes, isDeep } = this.#options
    const endOffset = bases[at + 1]
    const path = `${this.#directory}/${segmentFileName(baseOffset, 'log')}`
    const bytes = fileSystem.stat(path)?.size ?? 0
    const published = endOffset === undefined ? this.#published(baseOffset) : undefined
    if (published !== undefined && bytes > published.endPosition) this.#noteTail(path, published.endPosition, bytes)
    const cleaned = this.#marked('cleaner-offset-checkpoint')
    return {
      directory: this.#directory,
      baseOffset,
      bytes,
      endOffset,
      isFirst: at === 0,
      published,
      recoveryPoint: this.#recoveryPoint,
      wasClosed,
      // What lies before the log start is nobody's loss.
      compactedBelow: isCompacted || isSwapping ? everything : max(cleaned, logStartOffset),
      indexIntervalBytes,
      isDeep,
    }
  }

  /** What writers of this boot say of the last segment. */
  #published(lastBase: Offset): PublishedEnd | undefined {
    const { fileSystem } = this.#options
    const state = this.#state
    if (state === undefined || state.bootId === '' || state.bootId !== fileSystem.bootId) return undefined
    return state.activeBaseOffset === lastBase ? state : undefined
  }

  get #recoveryPoint(): Offset {
    return max(this.#marked('recovery-point-offset-checkpoint'), this.#state?.syncedEndOffset ?? offset(0n))
  }

  #marked(name: OffsetCheckpointName): Offset {
    return this.#options.checkpoints[name].get(partitionDirectoryName(this.#options)) ?? offset(0n)
  }

  /** As it was noted, whatever files there are. */
  get #saidLogStart(): Offset {
    return max(this.#marked('log-start-offset-checkpoint'), this.#state?.logStartOffset ?? offset(0n))
  }

  /** Without segments all of whose records lie below the log start: their deletion is still to come, or was cut half-way. */
  #basesInLog({ bases, strays }: PartitionNames): readonly Offset[] {
    const start = this.#saidLogStart
    const doomed = bases.filter((_, at) => (bases[at + 1] ?? everything) <= start)
    const kept = bases.slice(doomed.length)
    const reason = 'its records lie below the log start; the next retention removes it'
    for (const base of doomed) {
      const path = `${this.#directory}/${segmentFileName(base, 'log')}`
      this.#findings.addFile(path, { severity: 'note', kind: 'leftover', reason })
    }
    for (const { path, baseOffset } of strays) {
      if (baseOffset < (kept[0] ?? 0n) && (kept[0] ?? everything) <= start) {
        this.#findings.addFile(path, { severity: 'note', kind: 'leftover', reason })
      } else {
        const lost = 'the .log that it belongs to is missing'
        this.#findings.addFile(path, { severity: 'damage', kind: 'name', reason: lost })
      }
    }
    return kept
  }

  /** A writer that was killed in an append left bytes that readers do not see; the next writer keeps what is whole of them. */
  #noteTail(path: string, position: number, end: number): void {
    const reason = 'no writer vouches for these bytes: one was killed while it appended them'
    this.#findings.add({ severity: 'note', kind: 'torn-tail', path, position, end, reason })
  }

  #checkState(): void {
    const { file } = this.#stateFile ?? {}
    if (file === undefined || this.#state !== undefined || file.size() === 0) return
    const bytes = new Uint8Array(file.size() > 4096 ? 4096 : file.size())
    file.read(bytes, 0)
    if (bytes.every((byte) => byte === 0)) return
    const reason = 'what writers left in it for one another cannot be read; the next one makes it anew'
    this.#findings.addFile(file.path, { severity: 'damage', kind: 'checkpoint', reason })
  }

  /** Segments that are gone from the front leave no gap behind: only what was noted elsewhere tells. */
  #checkBeginning(bases: readonly Offset[]): void {
    const state = this.#state
    const first = bases[0] ?? max(this.#recoveryPoint, state?.logEndOffset ?? offset(0n))
    const start = state?.logStartOffset ?? (bases.length === 0 ? this.#marked('log-start-offset-checkpoint') : first)
    if (first <= start) return
    const reason = 'the segments with these offsets are gone'
    const [path, kind, severity] = [this.#directory, 'hole', 'damage'] as const
    this.#findings.add({ severity, kind, path, position: 0, end: 0, firstOffset: start, nextOffset: first, reason })
  }
}

interface Placement {
  readonly bases: readonly Offset[]
  readonly at: number
  readonly logStartOffset: Offset
  readonly isSwapping: boolean
}

function max(one: Offset, other: Offset): Offset {
  return one > other ? one : other
}
