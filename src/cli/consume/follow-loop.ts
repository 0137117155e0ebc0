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

/** How long nothing is done when nothing is new, in ms: a record is to be seen within 50 of its being written. */
const pollMs = 20

/** Looks, of those every `pollMs`, from one look at whether the topics are still there to the next. */
const looksPerCheck = 25

/**
 * Prints what is written to the partitions until there is a reason to stop; `readings` may grow meanwhile. A look costs one small read a partition. Throws `NotFoundError`
 * when a topic is deleted, `ReaderGoneError` when nobody reads any more, also while nothing is written.
 */
export async function followReadings(readings: readonly PartitionReading[], world: FollowWorld): Promise<void> {
  const { stop, output, clock, until } = world
  for (let look = 1; stop.cause === undefined; look++) {
    if (await printNewOrSay(readings, world)) continue
    if (output.isReaderGone()) throw new ReaderGoneError()
    await world.tick()
    if (until !== undefined && clock.now() >= until) return
    if (look % looksPerCheck === 0) await world.checkTopics()
    await stop.sleep(pollMs)
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
