import type { Offset } from '../base/brands.ts'
import { ActiveSegment, type ActiveSegmentOptions } from './active-segment.ts'
import type { PartitionProducers } from './partition-producers.ts'
import { writeProducerSnapshot } from './snapshot-files.ts'
import type { WriteState } from './write-state.ts'

/**
 * Seals the active segment, which stays open, and makes the next one at `baseOffset`: the log end offset, or beyond it where a leader's
 * log has a gap. The snapshot of the producers stands before it. Kafka: LocalLog.roll.
 */
export function openNextSegment(
  active: ActiveSegment,
  state: WriteState,
  { options, baseOffset, producers }: NextSegment,
): ActiveSegment {
  active.seal()
  const next = ActiveSegment.create({ ...options, baseOffset })
  state.logEndOffset = baseOffset
  try {
    writeProducerSnapshot(options.fileSystem, options.directory, producers.at(state))
  } catch (error) {
    next.close()
    throw error
  }
  state.generation += 1n
  next.publish(state, baseOffset)
  return next
}

export interface NextSegment {
  readonly options: Omit<ActiveSegmentOptions, 'baseOffset'>
  readonly baseOffset: Offset
  readonly producers: PartitionProducers
}
