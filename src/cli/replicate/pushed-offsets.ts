import { type LeaderEpoch, leaderEpoch, type Offset, offset } from '../../base/brands.ts'
import { CorruptSegmentError, LockTimeoutError } from '../../base/errors.ts'
import { isUuid, type Uuid } from '../../base/uuid.ts'
import type { FileSystem, OpenFile } from '../../disk/file-system.ts'
import { readWholeFile, replaceWholeFile } from '../../storage/whole-file.ts'

/** How far a partition was sent to a cluster whose offsets are its own. */
export interface PushedOffsets {
  /** Everything below it has been sent. */
  readonly source: Offset
  /** Where the cluster's log ended behind the last record of ours. */
  readonly target: Offset
  /** Of the source; `undefined` where it was not noted. */
  readonly topicId?: Uuid | undefined
  /** What the last record that was sent was written under. */
  readonly leaderEpoch?: LeaderEpoch | undefined
}

const fileName = 'tslog-pushed.json'
const bytesMax = 64 * 1024 * 1024
/** Between two looks whether another run has ended, in ms. */
const lookEveryMs = 50

/** How long another run is waited for. */
export interface PushedHoldWait {
  readonly waitMs: number
  readonly pause: (ms: number) => Promise<void>
}

/**
 * `tslog-pushed.json` of a log directory: which offsets of clusters stand for ours, so that a second run sends only what is new.
 *
 * ```
 * {"version":1,"pushed":{"<topic id there> <partition>":{"source":"1200","target":"4711","topicId":"<topic id here>","leaderEpoch":3}}}
 * ```
 *
 * Several runs may send from one directory: each holds the topics that it sends to, and puts into the file what it has sent of them.
 */
export class PushedOffsetsFile {
  readonly #fileSystem: FileSystem
  readonly #path: string
  #known: Map<string, PushedOffsets>
  /** What was set since the last `save`. */
  readonly #changed = new Map<string, PushedOffsets>()

  /** Throws `CorruptSegmentError` when the file is not what was written. */
  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem
    this.#path = `${directory}/${fileName}`
    this.#known = this.#read()
  }

  /** `topic`: its id in the cluster, or another name that no other topic of any cluster has. */
  get(topic: string, partition: number): PushedOffsets | undefined {
    const key = keyOf(topic, partition)
    return this.#changed.get(key) ?? this.#known.get(key)
  }

  set(topic: string, partition: number, pushed: PushedOffsets): void {
    if (!isSame(this.get(topic, partition), pushed)) this.#changed.set(keyOf(topic, partition), pushed)
  }

  /**
   * Keeps other runs from sending to a topic of a cluster until it is disposed, and reads what they have noted. Throws `LockTimeoutError` when another one
   * sends to it all the while.
   */
  async hold(topic: string, { waitMs, pause }: PushedHoldWait): Promise<Disposable> {
    // Where topics have no ids they have one lock in common.
    const path = this.#beside(`tslog-pushed-${isUuid(topic) ? topic : 'others'}.lock`)
    let file = this.#lockedFile(path)
    for (let waited = 0; file === undefined; waited += lookEveryMs) {
      if (waited >= waitMs) throw sentByAnother(topic)
      await pause(lookEveryMs)
      file = this.#lockedFile(path)
    }
    const held = file
    const release = (): void => {
      this.#fileSystem.remove(path)
      held.close()
    }
    try {
      this.#known = this.#read()
    } catch (error) {
      release()
      throw error
    }
    return { [Symbol.dispose]: release }
  }

  /** The lock file, unless another run holds it. That one removes it in the end: a lock on a file without a name keeps nobody away. */
  #lockedFile(path: string): OpenFile | undefined {
    const file = this.#fileSystem.open(path, 'create')
    if (file.lock('exclusive', 0) && this.#fileSystem.stat(path)?.identity === file.identity) return file
    file.close()
    return undefined
  }

  /** Keeps what was set, durably. */
  save(): void {
    if (this.#changed.size === 0) return
    const file = this.#fileSystem.open(this.#beside('tslog-pushed.lock'), 'create')
    try {
      if (!file.lock('exclusive', savingMsMax)) throw sentByAnother(this.#path)
      this.#known = this.#read()
      for (const [key, pushed] of this.#changed) this.#known.set(key, pushed)
      replaceWholeFile(this.#fileSystem, this.#path, textOf(this.#known))
      this.#changed.clear()
    } finally {
      file.close()
    }
  }

  #beside(name: string): string {
    return this.#path.slice(0, -fileName.length) + name
  }

  #read(): Map<string, PushedOffsets> {
    const read = readWholeFile(this.#fileSystem, this.#path, bytesMax)
    return read.kind === 'bytes' ? parse(this.#path, read.bytes) : new Map<string, PushedOffsets>()
  }
}

/** Others hold it while they put a small file in its place, in ms. */
const savingMsMax = 10_000

function isSame(one: PushedOffsets | undefined, two: PushedOffsets): boolean {
  return (
    one?.source === two.source &&
    one.target === two.target &&
    one.topicId === two.topicId &&
    one.leaderEpoch === two.leaderEpoch
  )
}

function keyOf(topic: string, partition: number): string {
  return `${topic} ${partition}`
}

function sentByAnother(what: string): LockTimeoutError {
  return new LockTimeoutError(`another process sends the same topic from here to the same place (${what})`, {
    hint: 'run the command again when that one is done: it goes on from there',
  })
}

function textOf(known: ReadonlyMap<string, PushedOffsets>): Uint8Array {
  const pushed = Object.fromEntries(
    Array.from(known, ([key, { source, target, ...origin }]) => [
      key,
      { source: String(source), target: String(target), ...origin },
    ]),
  )
  return new TextEncoder().encode(`${JSON.stringify({ version: 1, pushed }, undefined, 1)}\n`)
}

function parse(path: string, bytes: Uint8Array): Map<string, PushedOffsets> {
  const known = new Map<string, PushedOffsets>()
  for (const [key, value] of Object.entries(pushedIn(path, bytes))) {
    const pushed = pushedFrom(value)
    if (pushed === undefined) throw damaged(path)
    known.set(key, pushed)
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

function pushedFrom(value: unknown): PushedOffsets | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { source, target, topicId, leaderEpoch: epoch } = value as Record<string, unknown>
  if (!isOffset(source) || !isOffset(target)) return undefined
  return {
    source: offset(BigInt(source)),
    target: offset(BigInt(target)),
    ...(typeof topicId === 'string' && isUuid(topicId) && { topicId }),
    ...(typeof epoch === 'number' && Number.isInteger(epoch) && { leaderEpoch: leaderEpoch(epoch) }),
  }
}

function isOffset(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,19}$/.test(value)
}

function damaged(path: string): CorruptSegmentError {
  return new CorruptSegmentError(path, 0, 'it does not tell what was sent where', {
    hint: 'without the file everything would be sent again: remove it only if that is meant',
  })
}
