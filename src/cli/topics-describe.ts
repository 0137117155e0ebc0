import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { topicsDescribeSpec } from './specs/topics-describe.ts'

export type TopicsDescribeOptions = OptionsOf<typeof topicsDescribeSpec>

/** Not built yet. */
export function topicsDescribe(_options: TopicsDescribeOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
