import { UsageError } from '../../base/errors.ts'
import { quoted } from '../format/visible-text.ts'

/**
 * What every parser here throws: names the flag and what was typed, says what is wanted, and ends with an example.
 * `flag` is as typed or documented, such as `--since` or `-o`, or a variable, or a `setting in FILE`.
 */
export function badValue(flag: string, text: string, wanted: string, example: string): UsageError {
  const [name = flag] = flag.split(' in ')
  const given = name.startsWith('-') ? `${name} ${example}` : `${name}=${example}`
  return new UsageError(`${flag}: ${quoted(text)} is not ${wanted}`, { hint: `for example ${given}` })
}
