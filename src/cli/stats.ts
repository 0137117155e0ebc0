import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { statsSpec } from './specs/stats.ts'

export type StatsOptions = OptionsOf<typeof statsSpec>

/** Not built yet. */
export function stats(_options: StatsOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
