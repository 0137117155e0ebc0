import type { DiskError } from '../base/errors.ts'
import type { TopicPartition } from '../storage/file-names.ts'
import type { Damage } from '../storage/partition-reader.ts'
import type { BrokerLog } from './broker-log.ts'

/** One line when a disk begins to refuse what clients append, and one when it takes it again: in between every request would have one. */
export function tellAppendHealth(
  log: BrokerLog,
  { topic, partition }: TopicPartition,
  failure: DiskError | undefined,
): void {
  if (failure === undefined) return log.info('appends taken again', { topic, partition })
  const hint = failure.isWantOfRoom
    ? 'make room on the disk: appends go on by themselves then'
    : 'see to the disk, then restart: what was not synced is written once more'
  log.error('appends refused', { topic, partition, reason: failure.message, hint })
}

/** What a reader passed over, and who mends it. */
export function tellDamage(log: BrokerLog, { path, position, firstOffset, nextOffset, reason }: Damage): void {
  const hint = 'tslog verify shows what is damaged; tslog repair sets it aside once serve has stopped'
  log.error('damaged batch passed over', { path, position, firstOffset, nextOffset, reason, hint })
}
