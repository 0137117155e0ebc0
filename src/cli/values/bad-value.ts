import { UsageError } from '../../base/errors.ts'
import { quoted } from '../format/visible-text.ts'

/**
 * What every parser here throws: names the flag and what was typed, says what is wanted, and ends with an example.
 * `flag` is as typed or documented, such as `--since` or `-o`.
 */
export function badValue(flag: string, text: string, wanted: string, example: string): UsageError {
  return new UsageError(`${flag}: ${quoted(text)} is not ${wanted}`, { hint: `for example ${flag} ${example}` })
}
