import type { RepairAction } from '../../storage/repair/repair-action.ts'
import type { Finding } from '../../storage/verify/finding.ts'
import type { JsonValue } from '../format/json-document.ts'
import type { Table } from '../format/table.ts'
import { fileIn, findingJson, lastOffset } from './verify-output.ts'

/** What a repair did, or would do. */
export interface RepairResult {
  /** The log directory. */
  readonly directory: string
  readonly isDryRun: boolean
  readonly actions: readonly RepairAction[]
  readonly incurable: readonly Finding[]
  /** Partitions that could not be mended, and why. */
  readonly failures: readonly { readonly partition: string; readonly message: string }[]
}

/** Actions as a table; files by their place in the log directory. */
export function actionsTable(directory: string, actions: readonly RepairAction[]): Table {
  return {
    columns: [
      { title: 'step', rank: 1 },
      { title: 'file' },
      { title: 'byte', align: 'right' },
      { title: 'end', align: 'right' },
      { title: 'first offset', align: 'right' },
      { title: 'last offset', align: 'right' },
      { title: 'what is done' },
    ],
    rows: actions.map((action) => [
      action.kind,
      fileIn(directory, action.path),
      action.position,
      action.end,
      action.firstOffset ?? null,
      lastOffset(action),
      action.what,
    ]),
  }
}

/** The whole result as one document. */
export function repairJson({ directory, isDryRun, actions, incurable, failures }: RepairResult): JsonValue {
  return {
    directory,
    dryRun: isDryRun,
    actions: actions.map((action) => actionJson(directory, action)),
    incurable: incurable.map((finding) => findingJson(directory, finding)),
    failures: failures.map((one) => ({ ...one })),
  }
}

function actionJson(directory: string, action: RepairAction): JsonValue {
  const { kind, path, position, end, firstOffset, what } = action
  return {
    kind,
    file: fileIn(directory, path),
    position,
    end,
    firstOffset,
    lastOffset: lastOffset(action) ?? undefined,
    what,
  }
}
