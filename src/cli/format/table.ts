import { palette } from './colour.ts'
import { visibleText } from './visible-text.ts'

/** What a command has to show in rows. */
export interface Table {
  readonly columns: readonly Column[]
  /** As many cells a row as there are columns. */
  readonly rows: readonly (readonly Cell[])[]
}

export interface Column {
  readonly title: string
  /** Numbers stand to the right on a terminal; left when missing. */
  readonly align?: 'right'
}

/** null is shown as `-`. */
export type Cell = string | number | bigint | null

export interface TableStyle {
  readonly isTerminal: boolean
  readonly isColoured: boolean
}

/**
 * The text of a table, with a newline after each line.
 *
 * On a terminal it has a header and borders, and may change from version to version. Into a pipe it is one line a row without
 * a header, the cells separated by tabs, for `cut` and `awk`: columns are only ever added at the end. Control characters of
 * cells, tabs and newlines among them, are escaped in both, so that a cell is always one cell.
 */
export async function renderTable(table: Table, style: TableStyle): Promise<string> {
  return style.isTerminal ? bordered(table, style.isColoured) : tabSeparated(table)
}

function tabSeparated({ rows }: Table): string {
  return rows.map((row) => `${row.map(cellText).join('\t')}\n`).join('')
}

async function bordered({ columns, rows }: Table, isColoured: boolean): Promise<string> {
  const { default: BorderedTable } = await import('cli-table3')
  const { bold } = palette(isColoured)
  const table = new BorderedTable({
    head: columns.map(({ title }) => bold(title)),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    style: { head: [], border: [], compact: true },
  })
  table.push(...rows.map((row) => row.map(cellText)))
  return `${table.toString()}\n`
}

function cellText(cell: Cell): string {
  if (cell === null) return '-'
  return typeof cell === 'string' ? visibleText(cell) : String(cell)
}
