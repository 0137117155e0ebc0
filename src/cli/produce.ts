import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { produceSpec } from './specs/produce.ts'

export type ProduceOptions = OptionsOf<typeof produceSpec>

/** Not built yet. */
export function produce(_options: ProduceOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
