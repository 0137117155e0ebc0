import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { dumpSpec } from './specs/dump.ts'

export type DumpOptions = OptionsOf<typeof dumpSpec>

/** Not built yet. */
export function dump(_options: DumpOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
