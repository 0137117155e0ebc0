import type { CliContext } from './context.ts'
import type { Location } from './location.ts'
import { openStore } from './open-store.ts'

/** The consumer groups of a log, for the shell completion; brokers are not asked. */
export async function groupNames(location: Location, context: CliContext): Promise<readonly string[]> {
  if (location.kind !== 'directory') return []
  const store = await openStore({ dir: location.path, bootstrapServer: undefined, quiet: true }, context)
  try {
    return await store.groups.groupIds()
  } finally {
    store.close()
  }
}
