import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { initSpec } from './specs/init.ts'

export type InitOptions = OptionsOf<typeof initSpec>

/** Not built yet. */
export function init(_options: InitOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
