import { UsageError } from '../../base/errors.ts'
import { quoted } from '../format/visible-text.ts'
import { unescapeBytes } from './escapes.ts'

/** The default of `-D`. */
export const NEWLINE: Uint8Array = Uint8Array.of(10)

/** What `-0` stands for. */
export const NUL: Uint8Array = Uint8Array.of(0)

const DELIMITER_BYTES_MAX = 1024

/**
 * The bytes of a delimiter: text as UTF-8, with `\n \r \t \0 \\` and `\xHH` for any byte. Several characters are one
 * delimiter. The empty one is refused unless `allowEmpty`. Throws `UsageError`.
 */
export function parseDelimiter(text: string, flag: string, { allowEmpty = false } = {}): Uint8Array {
  const bytes = text.length > DELIMITER_BYTES_MAX ? undefined : unescapeBytes(text)
  const hint = `for example ${flag} ';', ${flag} '\\t', ${flag} '\\x1e'`
  if (bytes === undefined) throw new UsageError(`${flag}: longer than ${DELIMITER_BYTES_MAX} bytes`, { hint })
  if ('wrong' in bytes) {
    throw new UsageError(`${flag}: ${quoted(text)} has the unknown escape ${quoted(bytes.wrong)}`, {
      hint: `${hint}; a backslash itself is \\\\`,
    })
  }
  if (bytes.length === 0 && !allowEmpty) throw new UsageError(`${flag}: the delimiter is empty`, { hint })
  return bytes
}
