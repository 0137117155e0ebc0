import type { Finding } from '../../storage/verify/finding.ts'
import type { PartitionReport } from '../../storage/verify/partition-report.ts'
import { humanBytes, humanCount, humanDuration } from '../format/human-units.ts'
import type { JsonValue } from '../format/json-document.ts'
import type { Table } from '../format/table.ts'
import { counted } from '../results.ts'

/** What a verification came to. */
export interface Verified {
  /** The log directory. */
  readonly directory: string
  readonly partitions: readonly PartitionReport[]
  /** Those of the directory itself and of all partitions. */
  readonly findings: readonly Finding[]
  readonly elapsedMs: number
}

/** How many findings are damage, those that were only counted included. */
export function damageCount({ findings, partitions }: Verified): number {
  const dropped = partitions.reduce((sum, one) => sum + one.findingsDropped, 0)
  return findings.filter(({ severity }) => severity === 'damage').length + dropped
}

/** Findings as a table; files by their place in the log directory. */
export function findingsTable({ directory, findings }: Verified, withNotes: boolean): Table {
  const shown = withNotes ? findings : findings.filter(({ severity }) => severity === 'damage')
  return {
    columns: [
      { title: 'severity', rank: 2 },
      { title: 'kind', rank: 1 },
      { title: 'file' },
      { title: 'byte', align: 'right' },
      { title: 'end', align: 'right' },
      { title: 'first offset', align: 'right' },
      { title: 'last offset', align: 'right' },
      { title: 'what is wrong' },
    ],
    rows: shown.map((one) => [
      one.severity,
      one.kind,
      fileIn(directory, one.path),
      one.position,
      one.end,
      one.firstOffset ?? null,
      lastOffset(one),
      one.reason,
    ]),
  }
}

/** The whole result as one document. */
export function verifiedJson(verified: Verified): JsonValue {
  const { directory, partitions, findings, elapsedMs } = verified
  const damages = damageCount(verified)
  return {
    directory,
    isWhole: damages === 0,
    damages,
    bytes: partitions.reduce((sum, { bytes }) => sum + bytes, 0),
    records: partitions.reduce((sum, { records }) => sum + records, 0),
    elapsedMs: Math.round(elapsedMs),
    partitions: partitions.map((one) => ({
      topic: one.topic,
      partition: one.partition,
      segments: one.segments.length,
      bytes: one.bytes,
      batches: one.batches,
      records: one.records,
      logStartOffset: one.logStartOffset,
      logEndOffset: one.logEndOffset,
    })),
    findings: findings.map((finding) => findingJson(directory, finding)),
  }
}

/** One finding with a name for each field. */
export function findingJson(directory: string, finding: Finding): JsonValue {
  const { severity, kind, path, position, end, firstOffset, reason } = finding
  const last = lastOffset(finding)
  return {
    severity,
    kind,
    file: fileIn(directory, path),
    position,
    end,
    firstOffset,
    lastOffset: last ?? undefined,
    reason,
  }
}

/** What was done, in a sentence. */
export function verifiedText(verified: Verified): string {
  const { partitions, elapsedMs } = verified
  const segments = partitions.reduce((sum, one) => sum + one.segments.length, 0)
  const bytes = partitions.reduce((sum, one) => sum + one.bytes, 0)
  const records = partitions.reduce((sum, one) => sum + one.records, 0)
  const damages = damageCount(verified)
  const what = `${counted(partitions.length, 'partition')}, ${counted(segments, 'segment')}, ${humanBytes(bytes)}`
  const found = damages === 0 ? 'no damage' : counted(damages, 'damaged place')
  return `verified ${what}, ${humanCount(records)} records in ${humanDuration(elapsedMs)}: ${found}`
}

/** A path as a user of the log directory writes it. */
export function fileIn(directory: string, path: string): string {
  return path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : path
}

/** Bytes that stand in for no offset of the log have no last one. */
export function lastOffset({ firstOffset, nextOffset }: Pick<Finding, 'firstOffset' | 'nextOffset'>): bigint | null {
  return nextOffset === undefined || (firstOffset !== undefined && nextOffset <= firstOffset) ? null : nextOffset - 1n
}
