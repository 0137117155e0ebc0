import type { CleaningPlan } from '../../storage/cleaning-plan.ts'
import type { TopicPartition } from '../../storage/file-names.ts'
import type { CleanedLog } from '../../storage/log-cleaner.ts'
import type { JsonValue } from '../format/json-document.ts'
import { humanBytes } from '../format/human-units.ts'
import type { Table } from '../format/table.ts'
import { counted } from '../results.ts'

/** What became of one partition, or would. */
export interface CompactedPartition extends TopicPartition {
  readonly plan: CleaningPlan
  /** Nothing was done when it is missing. */
  readonly cleaned: CleanedLog | undefined
  readonly failure: Error | undefined
}

const planColumns = ['Topic', 'Partition', 'State', 'Dirty ratio', 'Dirty from', 'Up to'] as const
const resultColumns = ['Bytes', 'Bytes kept', 'Records', 'Records kept'] as const

/** A row for each partition; after compaction with what it did. */
export function compactedTable(partitions: readonly CompactedPartition[], isDryRun: boolean): Table {
  const titles = isDryRun ? planColumns : [...planColumns, ...resultColumns]
  const columns = titles.map((title) =>
    title === 'Topic' || title === 'State' ? { title } : { title, align: 'right' as const },
  )
  const rows = partitions.map((one) => {
    const { plan, topic, partition } = one
    const row = [
      topic,
      partition,
      stateOf(one),
      plan.dirtyRatio.toFixed(2),
      plan.firstDirtyOffset,
      plan.firstUncleanableOffset,
    ]
    return isDryRun ? row : [...row, ...resultOf(one.cleaned)]
  })
  return { columns, rows }
}

function resultOf(cleaned: CleanedLog | undefined): (string | number)[] {
  if (cleaned === undefined) return ['', '', '', '']
  return [cleaned.bytesBefore, cleaned.bytesAfter, cleaned.recordsBefore, cleaned.recordsAfter]
}

/** `compacted`, `due`, or why there is nothing to do. */
function stateOf({ plan, cleaned, failure }: CompactedPartition): string {
  if (failure !== undefined) return 'failed'
  if (cleaned !== undefined) return 'compacted'
  if (plan.isDue) return 'due'
  return plan.dirtyBytes === 0 ? `nothing below the ${endOf(plan)}` : 'not dirty enough'
}

function endOf({ uncleanableReason }: CleaningPlan): string {
  return uncleanableReason === 'min.compaction.lag.ms'
    ? 'records younger than min.compaction.lag.ms'
    : uncleanableReason
}

/** The whole result in a sentence. */
export function compactedText(partitions: readonly CompactedPartition[], isDryRun: boolean): string {
  if (partitions.length === 0) return 'no topic has compact in its cleanup.policy'
  const due = partitions.filter(({ plan }) => plan.isDue)
  if (isDryRun) return `would compact ${due.length} of ${counted(partitions.length, 'partition')}`
  const cleaned = partitions.flatMap((one) => one.cleaned ?? [])
  const sum = (of: (one: CleanedLog) => number): number => cleaned.reduce((total, one) => total + of(one), 0)
  const text = `compacted ${cleaned.length} of ${counted(partitions.length, 'partition')}`
  if (cleaned.length === 0) return text
  const bytes = `${humanBytes(sum((one) => one.bytesBefore))} to ${humanBytes(sum((one) => one.bytesAfter))}`
  const records = `${sum((one) => one.recordsBefore)} to ${counted(
    sum((one) => one.recordsAfter),
    'record',
  )}`
  const keyless = sum((one) => one.recordsWithoutKey)
  return `${text}: ${bytes}, ${records}${keyless === 0 ? '' : `; ${counted(keyless, 'record')} without a key went`}`
}

export function compactJson(partitions: readonly CompactedPartition[], isDryRun: boolean): JsonValue {
  return { dryRun: isDryRun, partitions: partitions.map(partitionJson) }
}

function partitionJson({ topic, partition, plan, cleaned, failure }: CompactedPartition): JsonValue {
  return {
    topic,
    partition,
    ...plan,
    ...(cleaned !== undefined && { compacted: compactedJson(cleaned) }),
    ...(failure !== undefined && { error: failure.message }),
  }
}

function compactedJson(cleaned: CleanedLog): JsonValue {
  const { cleanedEndOffset, passes, segmentsBefore, segmentsAfter } = cleaned
  const { bytesBefore, bytesAfter, recordsBefore, recordsAfter, recordsWithoutKey } = cleaned
  return {
    cleanedEndOffset,
    passes,
    segmentsBefore,
    segmentsAfter,
    bytesBefore,
    bytesAfter,
    recordsBefore,
    recordsAfter,
    recordsWithoutKey,
  }
}
