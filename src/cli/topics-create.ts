import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { topicsCreateSpec } from './specs/topics-create.ts'

export type TopicsCreateOptions = OptionsOf<typeof topicsCreateSpec>

/** Not built yet. */
export function topicsCreate(_options: TopicsCreateOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
