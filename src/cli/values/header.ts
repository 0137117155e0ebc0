import { UsageError } from '../../base/errors.ts'
import { refuseLostBytes } from './lost-bytes.ts'

/** A header as bytes. */
export interface HeaderValue {
  readonly name: string
  /** null for a header without a value. */
  readonly value: Uint8Array | null
}

/**
 * Reads `name=value`, split at the first `=`. As in kcat, `name=` has an empty value and `name` alone a null one.
 * Throws `UsageError`.
 */
export function parseHeader(text: string, flag: string): HeaderValue {
  refuseLostBytes(text, flag)
  const at = text.indexOf('=')
  const name = at === -1 ? text : text.slice(0, at)
  if (name === '') throw new UsageError(`${flag}: the header has no name`, { hint: `for example ${flag} source=cron` })
  return { name, value: at === -1 ? null : new TextEncoder().encode(text.slice(at + 1)) }
}
