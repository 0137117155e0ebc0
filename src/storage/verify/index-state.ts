import type { Offset } from '../../base/brands.ts'
import type { IndexCheck } from '../sorted-entries.ts'
import type { Finding, FindingKind } from './finding.ts'

/** What is known of an index beside its bytes. */
export interface IndexState {
  /** Of the segment. */
  readonly baseOffset: Offset
  /** How many bytes of it a writer has published; `undefined` where only the file tells. */
  readonly bytes: number | undefined
  /** The segment takes more: room behind the entries is what a broker that was killed leaves. */
  readonly isActive: boolean
}

/** What the size and the ends of an index file say. */
export function structureOf(
  kind: FindingKind,
  path: string,
  check: IndexCheck,
  { bytes, isActive }: Pick<IndexState, 'bytes' | 'isActive'>,
): Finding | undefined {
  // Behind what was published a writer may be at work.
  if (check.kind === 'whole' || bytes !== undefined) return undefined
  if (check.kind === 'damaged') return damageOf(kind, path, { severity: 'damage', ...check })
  const reason = `zeros follow its ${check.entryCount} entries; Kafka would take them for entries`
  return damageOf(kind, path, { severity: isActive ? 'note' : 'damage', position: 0, reason })
}

/** A finding at one place of an index. */
export function damageOf(
  kind: FindingKind,
  path: string,
  { severity, position, reason }: Pick<Finding, 'severity' | 'position' | 'reason'>,
): Finding {
  return { severity, kind, path, position, end: position, reason }
}
