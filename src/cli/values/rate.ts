import { badValue } from './bad-value.ts'

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

/** Records per second in `100/s`, `6000/m`, `0.5/s`; a bare number is per second. Above 0, at most 10^9. Throws `UsageError`. */
export function parseRate(text: string, flag: string): number {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(?:\/(s|m|h))?$/.exec(text)
  const perSecond = Number(match?.[1]) / (secondsOf[match?.[2] ?? 's'] ?? 1)
  if (match === null || perSecond <= 0 || perSecond > 1e9) throw badValue(flag, text, 'a rate of records', '100/s')
  return perSecond
}
