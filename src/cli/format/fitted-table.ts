import { linesOf, placesOf } from './cell-lines.ts'
import type { Column, Table } from './table.ts'

/** Columns of a table that a terminal has room for. */
export interface FittedTable {
  readonly columns: readonly Column[]
  /** The text of each cell, in lines where its column is narrower. */
  readonly rows: readonly (readonly string[])[]
  /** Places of the text of each column that was made narrower; null for the others. */
  readonly widths: readonly (number | null)[]
}

/** What stands around the text of a column: a space on each side and a border. */
const framePerColumn = 3
/** A word longer than this does not keep its column from becoming narrower. */
const wordMax = 32
/** No column becomes narrower than this. */
const widthMin = 8

/**
 * Makes a table fit into `width` places: columns that have a rank are left out, the highest first; where that is not enough, the widest
 * ones become narrower. Of `cells` each is the text as it is to be shown.
 */
export function fitTable({ columns }: Table, cells: readonly (readonly string[])[], width: number): FittedTable {
  let kept = columns.map((column, index) => ({ column, index, ...extentOf(column, index, cells) }))
  while (widthOf(kept) > width) {
    const rank = Math.max(...kept.map(({ column }) => column.rank ?? 0))
    if (rank === 0) break
    kept = kept.filter(({ column }) => column.rank !== rank)
  }
  const widths = shaved(kept, width)
  return {
    columns: kept.map(({ column }, at) => ({ ...column, title: linesOf(column.title, widths[at] ?? 0) })),
    rows: cells.map((row) => kept.map(({ index }, at) => linesOf(row[index] ?? '', widths[at] ?? 0))),
    widths: kept.map(({ text }, at) => (widths[at] === text ? null : (widths[at] ?? null))),
  }
}

interface Extent {
  /** Places of the longest text. */
  readonly text: number
  readonly longestWord: number
}

function extentOf({ title }: Column, index: number, cells: readonly (readonly string[])[]): Extent {
  const texts = [title, ...cells.map((row) => row[index] ?? '')]
  return { text: longest(texts), longestWord: longest(texts.flatMap((text) => text.split(' '))) }
}

function longest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, placesOf(text)), 0)
}

function widthOf(columns: readonly Extent[]): number {
  return columns.reduce((sum, { text }) => sum + text + framePerColumn, 1)
}

/** Takes what is too much from the widest column that can be narrower, place by place. */
function shaved(columns: readonly Extent[], width: number): number[] {
  const widths = columns.map(({ text }) => text)
  for (let excess = widthOf(columns) - width; excess > 0; excess--) {
    const spare = columns.map(({ longestWord }, at) =>
      (widths[at] ?? 0) > Math.max(widthMin, Math.min(longestWord, wordMax)) ? (widths[at] ?? 0) : 0,
    )
    const most = Math.max(...spare)
    if (most === 0) break
    widths[spare.indexOf(most)] = most - 1
  }
  return widths
}
