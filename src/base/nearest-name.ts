/**
 * The candidate that somebody who typed `name` most likely meant, for "did you mean ...?"; `undefined` when none is near: one
 * edit for a name of up to three characters, else two, or a third of a long one. Case does not count much. Of equally near ones the first.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const typed = clip(name)
  let best: string | undefined
  let bestDistance = typed.length <= 3 ? 1 : Math.max(2, Math.floor(typed.length / 3))
  // To be beaten: a candidate at the limit itself still counts.
  bestDistance += 0.5
  for (const candidate of candidates) {
    const distance = distanceBetween(typed, clip(candidate), bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** No name of ours is longer; keeps the work for what is typed bounded. */
function clip(text: string): string {
  return text.slice(0, 250)
}

/** A character of the other case is a tenth of an edit. */
function distanceBetween(one: string, other: string, limit: number): number {
  if (one === other) return 0
  const lowerOne = one.toLowerCase()
  const lowerOther = other.toLowerCase()
  if (Math.abs(lowerOne.length - lowerOther.length) > limit) return Infinity
  return editDistance(lowerOne, lowerOther) + 0.1
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one into the other (optimal string alignment). */
function editDistance(one: string, other: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (let row = 1; row <= one.length; row++) {
    const current = [row]
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1]
      const replaced = cell(last, column - 1) + (isSame ? 0 : 1)
      const isSwap = column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      const swapped = isSwap ? cell(beforeLast, column - 2) + 1 : Infinity
      current.push(Math.min(cell(last, column) + 1, cell(current, column - 1) + 1, replaced, swapped))
    }
    beforeLast = last
    last = current
  }
  return cell(last, other.length)
}

function cell(row: readonly number[], column: number): number {
  return row[column] ?? Infinity
}
