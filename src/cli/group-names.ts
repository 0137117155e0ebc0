import type { CliContext } from './context.ts'
import type { Location } from './location.ts'

/** The consumer groups of a log, for the shell completion. */
export function groupNames(_location: Location, _context: CliContext): Promise<readonly string[]> {
  return Promise.resolve([])
}
