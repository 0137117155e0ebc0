import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { offsetsSpec } from './specs/offsets.ts'

export type OffsetsOptions = OptionsOf<typeof offsetsSpec>

/** Not built yet. */
export function offsets(_options: OffsetsOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
