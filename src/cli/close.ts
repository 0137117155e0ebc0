import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { closeSpec } from './specs/close.ts'

export type CloseOptions = OptionsOf<typeof closeSpec>

/** Not built yet. */
export function close(_options: CloseOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
