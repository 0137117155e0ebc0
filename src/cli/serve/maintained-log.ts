import { TslogError } from '../../base/errors.ts'
import type { Broker } from '../../broker/broker.ts'
import type { Partition } from '../../broker/partition.ts'
import type { MaintainedLog } from './maintenance.ts'

/** The log of a broker as its maintenance sees it. */
export function maintainedLog({ services: { topics, disk } }: Broker): MaintainedLog {
  return {
    path: disk.path,
    hasCompactedTopics: () => topics.all().some(({ config }) => config.cleanupPolicy.includes('compact')),
    appended: () => {
      let sum = 0n
      for (const partition of topics.partitions()) if (partition.isOpen) sum += logEndOf(partition)
      return sum
    },
  }
}

/** A partition that cannot be looked at, since its disk fails or its topic is being deleted, is nothing to compact. */
function logEndOf(partition: Partition): bigint {
  try {
    return partition.offsets().logEndOffset
  } catch (error) {
    if (!(error instanceof TslogError)) throw error
    return 0n
  }
}
