import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { groupsDeleteSpec } from './specs/groups-delete.ts'

export type GroupsDeleteOptions = OptionsOf<typeof groupsDeleteSpec>

/** Not built yet. */
export function groupsDelete(_options: GroupsDeleteOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
