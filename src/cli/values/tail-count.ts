import { badValue } from './bad-value.ts'

/** What `tail -n` says: the last so many records, or all from the Nth on (1 is the first). */
export type TailCount =
  | { readonly kind: 'last'; readonly count: number }
  | { readonly kind: 'from'; readonly nth: number }

/** Reads `N`, `-N` (as `N`) and `+N`. Throws `UsageError`. */
export function parseTailCount(text: string, flag: string): TailCount {
  const match = /^([+-]?)(\d{1,15})$/.exec(text)
  if (match === null) throw badValue(flag, text, 'a number of records', '10 or +1')
  const count = Number(match[2])
  return match[1] === '+' ? { kind: 'from', nth: Math.max(1, count) } : { kind: 'last', count }
}
