import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { topicsAlterSpec } from './specs/topics-alter.ts'

export type TopicsAlterOptions = OptionsOf<typeof topicsAlterSpec>

/** Not built yet. */
export function topicsAlter(_options: TopicsAlterOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
