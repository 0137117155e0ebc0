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
  /** From 1 up: where a terminal is too narrow, columns of the highest rank are left out first; those without one stay. */
  readonly rank?: number
}

/** null is shown as `-`. */
export type Cell = string | number | bigint | null

export interface TableStyle {
  readonly isTerminal: boolean
  readonly isColoured: boolean
  /** Characters of a line on the terminal; no limit when missing. */
  readonly width?: number
}

/**
 * The text of a table, with a newline after each line.
 *
 * On a terminal it has a header and borders, is made to fit its width, and may change from version to version. Into a pipe it is one line a row without
 * a header, the cells separated by tabs, for `cut` and `awk`: columns are only ever added at the end. Control characters of
 * cells, tabs and newlines among them, are escaped in both, so that a cell is always one cell.
 */
export async function renderTable(table: Table, style: TableStyle): Promise<string> {
  return style.isTerminal ? bordered(table, style) : tabSeparated(table)
}

function tabSeparated({ rows }: Table): string {
  return rows.map((row) => `${row.map(cellText).join('\t')}\n`).join('')
}

async function bordered(table: Table, { isColoured, width = Infinity }: TableStyle): Promise<string> {
  const { default: BorderedTable } = await import('cli-table3')
  const { fitTable } = await import('./fitted-table.ts')
  const { bold } = palette(isColoured)
  const cells = table.rows.map((row) => row.map(cellText))
  const { columns, rows, widths } = fitTable(table, cells, width)
  const shown = new BorderedTable({
    head: columns.map(({ title }) => title.split('\n').map(bold).join('\n')),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    colWidths: widths.map((places) => places && places + paddingPerCell),
    style: { head: [], border: [], compact: true },
  })
  shown.push(...rows.map((row) => [...row]))
  return `${shown.toString()}\n`
}

/** Spaces beside the text of a cell. */
const paddingPerCell = 2

function cellText(cell: Cell): string {
  if (cell === null) return '-'
  return typeof cell === 'string' ? visibleText(cell) : String(cell)
}
