import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { groupsResetSpec } from './specs/groups-reset.ts'

export type GroupsResetOptions = OptionsOf<typeof groupsResetSpec>

/** Not built yet. */
export function groupsReset(_options: GroupsResetOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
