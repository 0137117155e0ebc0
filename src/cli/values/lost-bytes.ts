import { UsageError } from '../../base/errors.ts'

/** Throws `UsageError` where a word of the command line is not what was typed: each byte of it that is not UTF-8 comes to us as U+FFFD. */
export function refuseLostBytes(text: string, flag: string): void {
  if (!text.includes('\ufffd')) return
  throw new UsageError(`${flag} has bytes that are not UTF-8, or U+FFFD, which stands for them`, {
    hint: 'tslog produce -J takes any bytes, as base64',
  })
}
