import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { topicsDeleteSpec } from './specs/topics-delete.ts'

export type TopicsDeleteOptions = OptionsOf<typeof topicsDeleteSpec>

/** Not built yet. */
export function topicsDelete(_options: TopicsDeleteOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
