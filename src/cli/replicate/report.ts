import type { CliContext } from '../context.ts'
import { humanBytes } from '../format/human-units.ts'
import { counted, printJson, printTable, resultStyle, say } from '../results.ts'
import type { ReplicateOptions } from './plan.ts'
import type { ReplicationReport, ReportedPartition } from './request.ts'

/** What was done, as the result of the command: for people on stderr, with --json as a document, and what a dry run would do as a table. */
export async function printReport(
  report: ReplicationReport,
  elapsedMs: number,
  { options, context }: { readonly options: ReplicateOptions; readonly context: CliContext },
): Promise<void> {
  if (options.json) return printJson(jsonOf(report, elapsedMs, options.dryRun), context)
  if (options.dryRun) return printPlan(report, options, context)
  say(sentence(report), options, context)
}

function jsonOf(report: ReplicationReport, elapsedMs: number, isDryRun: boolean): Parameters<typeof printJson>[0] {
  const partitions = report.partitions.map(({ cutTo, trimTo, bytes, records, ...one }) => ({
    topic: one.topic,
    partition: one.partition,
    fromOffset: one.fromOffset,
    toOffset: one.toOffset,
    ...(cutTo !== undefined && { cutTo }),
    ...(trimTo !== undefined && { trimTo }),
    bytes,
    records,
  }))
  const { bytes, records } = totalOf(report.partitions)
  return { ...(isDryRun && { dryRun: true }), bytes, records, partitions, groups: report.groups, elapsedMs }
}

/** For the log of a cron job, with -v. */
export function sentence(report: ReplicationReport): string {
  const { bytes, records } = totalOf(report.partitions)
  const topics = new Set(report.partitions.map(({ topic }) => topic)).size
  const groups = report.groups === 0 ? '' : `, ${counted(report.groups, 'group')}`
  const where = `${counted(topics, 'topic')}, ${counted(report.partitions.length, 'partition')}${groups}`
  const copied = records === 0 ? 'nothing new' : `copied ${counted(records, 'record')}, ${humanBytes(bytes)}`
  const diverged = report.partitions.filter(({ cutTo }) => cutTo !== undefined).length
  const cut = diverged === 0 ? '' : `; ${counted(diverged, 'partition')} that had diverged cut back`
  const trimmed = report.partitions.filter(({ trimTo }) => trimTo !== undefined).length
  const trim = trimmed === 0 ? '' : `; ${counted(trimmed, 'partition')} trimmed as at the source`
  return `${copied}${cut}${trim} (${where})`
}

function totalOf(partitions: readonly ReportedPartition[]): { bytes: number; records: number } {
  return partitions.reduce((sum, one) => ({ bytes: sum.bytes + one.bytes, records: sum.records + one.records }), {
    bytes: 0,
    records: 0,
  })
}

async function printPlan(report: ReplicationReport, options: ReplicateOptions, context: CliContext): Promise<void> {
  const { isTerminal } = resultStyle(options, context)
  const columns = [
    { title: 'Topic' },
    { title: 'Partition', align: 'right' as const },
    { title: 'From offset', align: 'right' as const },
    { title: 'To offset', align: 'right' as const },
    { title: 'Bytes', align: 'right' as const },
    { title: 'Would cut to', align: 'right' as const },
    { title: 'Would trim to', align: 'right' as const },
  ]
  const due = report.partitions.filter(
    ({ fromOffset, toOffset, cutTo, trimTo }) => fromOffset !== toOffset || (cutTo ?? trimTo) !== undefined,
  )
  const rows = due.map(({ topic, partition, fromOffset, toOffset, bytes, cutTo, trimTo }) => [
    topic,
    partition,
    fromOffset,
    toOffset,
    isTerminal ? humanBytes(bytes) : bytes,
    cutTo ?? '',
    trimTo ?? '',
  ])
  await printTable({ columns, rows }, options, context)
}
