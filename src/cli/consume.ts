import { UsageError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { consumeSpec } from './specs/consume.ts'

export type ConsumeOptions = OptionsOf<typeof consumeSpec>

/** Not built yet. */
export function consume(_options: ConsumeOptions, _context: CliContext): Promise<number> {
  return Promise.reject(new UsageError('not built yet'))
}
