import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { groupsListSpec } from './specs/groups-list.ts'

export type GroupsListOptions = OptionsOf<typeof groupsListSpec>

/** Not built yet. */
export function groupsList(_options: GroupsListOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
