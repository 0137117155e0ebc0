import type { Broker } from '../../broker/broker.ts'
import type { MaintainedLog } from './maintenance.ts'

/** The log of a broker as its maintenance sees it. */
export function maintainedLog({ services: { topics, disk } }: Broker): MaintainedLog {
  return {
    path: disk.path,
    hasCompactedTopics: () => topics.all().some(({ config }) => config.cleanupPolicy.includes('compact')),
    appended: () => {
      let sum = 0n
      for (const partition of topics.partitions()) if (partition.isOpen) sum += partition.offsets().logEndOffset
      return sum
    },
  }
}
