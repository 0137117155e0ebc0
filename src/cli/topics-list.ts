import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { topicsListSpec } from './specs/topics-list.ts'

export type TopicsListOptions = OptionsOf<typeof topicsListSpec>

/** Not built yet. */
export function topicsList(_options: TopicsListOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
