const blocks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
const ascii = ['.', ':', '-', '=', '+', '*', '#', '@']

export interface SparklineStyle {
  /** Characters at most; more slots than that are added up, neighbours with neighbours. */
  readonly width: number
  /** Whether the reader's locale shows block characters; ASCII otherwise. */
  readonly isUtf8: boolean
}

/**
 * Counts per slot of time as a line of bars, the largest at full height. A slot of nothing is a space, so that it differs
 * from one of little. Counts are 0 or more.
 */
export function sparkline(counts: readonly number[], { width, isUtf8 }: SparklineStyle): string {
  const slots = squeeze(counts, Math.max(1, width))
  const levels = isUtf8 ? blocks : ascii
  const max = slots.reduce((most, count) => Math.max(most, count), 0)
  return slots.map((count) => (count > 0 ? levels[Math.ceil((count / max) * levels.length) - 1] : ' ')).join('')
}

/** Whether the locale of the environment writes UTF-8. */
export function isUtf8Locale(environment: Readonly<Record<string, string | undefined>>): boolean {
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || ''
  return /utf-?8/i.test(locale)
}

/** At most `width` sums of neighbours. */
function squeeze(counts: readonly number[], width: number): number[] {
  if (counts.length <= width) return [...counts]
  const sums = Array.from({ length: width }, () => 0)
  counts.forEach((count, index) => {
    const slot = Math.floor((index * width) / counts.length)
    sums[slot] = (sums[slot] ?? 0) + count
  })
  return sums
}
