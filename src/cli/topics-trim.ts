import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { topicsTrimSpec } from './specs/topics-trim.ts'

export type TopicsTrimOptions = OptionsOf<typeof topicsTrimSpec>

/** Not built yet. */
export function topicsTrim(_options: TopicsTrimOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
