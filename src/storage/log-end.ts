import type { Offset } from '../base/brands.ts'
import { assert } from '../base/assert.ts'
import type { ActiveSegment } from './active-segment.ts'
import type { Appended, Durability } from './appended.ts'
import type { FinalFailure } from './final-failure.ts'
import { openActive } from './partition-opening.ts'
import type { PlacedAppend, PlacedBatches } from './placed-batches.ts'
import type { PartitionLogOptions } from './partition-options.ts'
import { PartitionProducers } from './partition-producers.ts'
import { SegmentAge } from './segment-age.ts'
import { openNextSegment } from './segment-roll.ts'
import { refuseWriting } from './serve-lock.ts'
import { UnsyncedAppends } from './unsynced-appends.ts'
import { isSameSegment, type WriteState } from './write-state.ts'
import type { WriteStateFile } from './write-state-file.ts'

/** What the end of a log is made of. */
export interface LogEndParts {
  /** The partition's own directory. */
  readonly directory: string
  readonly stateFile: WriteStateFile
  readonly failure: FinalFailure
}

/**
 * The end of a log as this process has it open: what it knows of the write state, and the segment that is written. Everything that writes or brings it up to
 * date is called with the partition's lock held.
 */
export class LogEnd {
  readonly producers: PartitionProducers
  readonly unsynced: UnsyncedAppends
  readonly #options: PartitionLogOptions
  readonly #parts: LogEndParts
  readonly #age: SegmentAge
  #state: WriteState | undefined
  #active: ActiveSegment | undefined

  constructor(options: PartitionLogOptions, parts: LogEndParts) {
    this.#options = options
    this.#parts = parts
    this.producers = new PartitionProducers(options, parts.directory)
    this.unsynced = new UnsyncedAppends(options, parts.directory, parts.failure)
    this.#age = new SegmentAge(options.clock, options.config)
  }

  /** As this process knows it; `undefined` before it was caught up with for the first time. */
  get state(): WriteState | undefined {
    return this.#state
  }

  get active(): ActiveSegment | undefined {
    return this.#active
  }

  /** Whether another process has written since. */
  get isOvertaken(): boolean {
    return this.#active === undefined || this.#parts.stateFile.hasChanged()
  }

  /** Makes sure that what is known here is what is in the files. Throws why the partition must not be written, if so. */
  catchUp(): ActiveSegment {
    const { stateFile, failure, directory } = this.#parts
    const known = this.#active
    // An append of ours that ended with an error may have changed files that the memory of this object knows nothing of.
    if (known !== undefined && !stateFile.hasChanged() && !stateFile.wasInterrupted) return known
    const state = stateFile.read()
    try {
      refuseWriting(state, { ...this.#options, directory })
      return this.#adopt(known, state) ?? this.#open(known, state)
    } catch (error) {
      // The state that was just read counts as known: the next look would find nothing new, and write on.
      throw failure.note(error)
    }
  }

  /** Another writer appended to the very segment that is open here: nothing to look for on the disk. */
  #adopt(known: ActiveSegment | undefined, state: WriteState | undefined): ActiveSegment | undefined {
    const before = this.#state
    if (known === undefined || state === undefined || before === undefined) return undefined
    if (!isSameSegment(before, state) || this.#parts.stateFile.wasInterrupted) return undefined
    known.adopt(state)
    this.#state = state
    return known
  }

  #open(known: ActiveSegment | undefined, state: WriteState | undefined): ActiveSegment {
    const { stateFile, directory } = this.#parts
    const before = this.#state
    const { hasFailedSync, enduring: torn } = stateFile
    const { active, ...opened } = openActive({ ...this.#options, directory, state, torn, known, hasFailedSync })
    this.#state = opened.state
    if (active !== known) this.#begin(active, known)
    if (before?.cutCount !== opened.state.cutCount) {
      this.producers.forget()
      this.unsynced.forget()
    }
    if (opened.isChanged || stateFile.wasInterrupted) stateFile.write(opened.state)
    return active
  }

  #begin(next: ActiveSegment, before: ActiveSegment | undefined): void {
    if (before !== undefined) this.unsynced.leave(before)
    this.#active = next
    this.#age.restart()
  }

  /** Marks that the log is about to be changed, by an append or a roll that somebody may wait for. */
  markAppending(durability: Durability = 'never'): void {
    this.unsynced.expect(durability)
    this.#parts.stateFile.markAppending()
  }

  /** The segment that an append of so many bytes belongs into: another one when it is time for it. */
  segmentFor(placed: PlacedBatches, appendBytes: number): ActiveSegment {
    assert(this.#active !== undefined, 'appends follow catching up')
    return this.#age.isRollDue(this.#active, placed, appendBytes) ? this.roll() : this.#active
  }

  /** Writes batches at the end, and lets whoever looks at the write state know. */
  write({ batches, placed, durability }: PlacedAppend, segment: ActiveSegment): Appended {
    const state = this.#state
    assert(state !== undefined, 'appends follow catching up')
    const baseOffset = state.logEndOffset
    segment.append(batches, placed.batches)
    this.producers.note(batches, placed, { state, segment })
    if (durability === 'now') this.unsynced.syncNow(segment, state)
    if (durability === 'later') this.unsynced.note(segment, batches.length)
    segment.publish(state, placed.nextOffset)
    if (durability !== 'commit') state.visibleEndOffset = placed.nextOffset
    if (durability === 'now') state.syncedEndOffset = placed.nextOffset
    this.#parts.stateFile.write(state)
    return { baseOffset, nextOffset: placed.nextOffset }
  }

  /** Seals the active segment and opens the next one, at the log end offset or beyond it. */
  roll(base?: Offset): ActiveSegment {
    const [active, state] = [this.#active, this.#state]
    assert(active !== undefined && state !== undefined, 'rolls follow catching up')
    const { fileSystem, config } = this.#options
    const { directory } = this.#parts
    this.unsynced.syncSealed()
    const next = openNextSegment(active, state, {
      options: { fileSystem, directory, indexIntervalBytes: config.indexIntervalBytes },
      baseOffset: base ?? state.logEndOffset,
      producers: this.producers,
    })
    this.#begin(next, active)
    return next
  }

  /** Closes the files. Syncs nothing. */
  close(): void {
    this.#active?.close()
    this.unsynced.close()
    this.#active = undefined
  }
}
