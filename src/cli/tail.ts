import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { tailSpec } from './specs/tail.ts'

export type TailOptions = OptionsOf<typeof tailSpec>

/** Not built yet. */
export function tail(_options: TailOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
