import type { SizeFlag } from '../command-spec.ts'
import { parseFlagValue } from '../flag-value.ts'
import { badValue } from './bad-value.ts'

/** What a directory may take. */
export type Budget =
  | { readonly kind: 'bytes'; readonly bytes: number }
  /** Of the size of its file system, above 0 and at most 1. */
  | { readonly kind: 'share'; readonly share: number }

const size: SizeFlag = { kind: 'size', summary: '', value: 'SIZE', example: '20GiB' }

/** Reads `20GiB`, `512m`, `1500000`, `85%`. Throws `UsageError`. */
export function parseBudget(text: string, flag: string): Budget {
  const percent = /^(\d{1,3}(?:\.\d{1,4})?)%$/.exec(text)?.[1]
  if (percent !== undefined && Number(percent) > 0 && Number(percent) <= 100) {
    return { kind: 'share', share: Number(percent) / 100 }
  }
  // A few bytes are nothing to keep a directory within: a share was meant.
  const isBare = /^[1-9]\d{0,2}$/.test(text)
  const bytes = percent === undefined && !isBare ? parseFlagValue(size, text) : undefined
  if (typeof bytes !== 'number') throw badValue(flag, text, 'a size, or a share of the file system', '20GiB, 85%')
  return { kind: 'bytes', bytes }
}
