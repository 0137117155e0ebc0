import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { groupsDescribeSpec } from './specs/groups-describe.ts'

export type GroupsDescribeOptions = OptionsOf<typeof groupsDescribeSpec>

/** Not built yet. */
export function groupsDescribe(_options: GroupsDescribeOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
