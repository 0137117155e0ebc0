import type { Clock } from '../../base/clock.ts'
import type { TimestampMs } from '../../base/brands.ts'
import { NotFoundError } from '../../base/errors.ts'
import { type OutputStream, ReaderGoneError } from '../output.ts'
import type { PartitionReading } from './partition-reading.ts'
import type { StopConditions } from './stop-conditions.ts'

export interface FollowWorld {
  readonly clock: Clock
  readonly output: OutputStream
  readonly stop: StopConditions
  /** At this time following ends; undefined for never. */
  readonly until: TimestampMs | undefined
  /** Prints and flushes up to the ends that the readings have now. */
  print(): Promise<void>
  /** Called at every look, also when nothing is new. */
  tick(): Promise<void>
  /** Looks whether the topics are still there, throwing `NotFoundError`, and adds readings of their new partitions. */
  checkTopics(): Promise<void>
}

/**
 * How long nothing is done when nothing is new, in ms: a record is to be seen within 50 of its being written, and where the last came
 * not long ago the next is looked for sooner.
 */
const pollMs = { min: 4, max: 20, perIdleMs: 0.1 } as const

/** From one look at whether the topics are still there to the next, in ms. */
const checkEveryMs = 500

/**
 * Prints what is written to the partitions until there is a reason to stop; `readings` may grow meanwhile. A look costs one small read a partition. Throws `NotFoundError`
 * when a topic is deleted, `ReaderGoneError` when nobody reads any more, also while nothing is written.
 */
export async function followReadings(readings: readonly PartitionReading[], world: FollowWorld): Promise<void> {
  const { stop, output, clock, until } = world
  let idleMs = 0
  let uncheckedMs = 0
  while (stop.cause === undefined) {
    if (await printNewOrSay(readings, world)) {
      idleMs = 0
      continue
    }
    if (output.isReaderGone()) throw new ReaderGoneError()
    await world.tick()
    if (until !== undefined && clock.now() >= until) return
    if (uncheckedMs >= checkEveryMs) {
      await world.checkTopics()
      uncheckedMs = 0
    }
    const pauseMs = Math.min(Math.max(pollMs.min, idleMs * pollMs.perIdleMs), pollMs.max)
    await stop.sleep(pauseMs)
    idleMs += pauseMs
    uncheckedMs += pauseMs
  }
}

/** A directory that goes away is what a deleted topic looks like. */
async function printNewOrSay(readings: readonly PartitionReading[], world: FollowWorld): Promise<boolean> {
  try {
    return await printNew(readings, world)
  } catch (error) {
    if (error instanceof NotFoundError) await world.checkTopics()
    throw error
  }
}

/** Whether anything could be read. */
async function printNew(readings: readonly PartitionReading[], world: FollowWorld): Promise<boolean> {
  let isMore = false
  for (const reading of readings) isMore = (await reading.extend()) || isMore
  if (!isMore) return false
  const before = readings.map(({ position }) => position)
  await world.print()
  await world.tick()
  // A batch that is said to be there and is not readable yet must not keep the processor busy.
  return readings.some(({ position }, index) => position !== before[index])
}
