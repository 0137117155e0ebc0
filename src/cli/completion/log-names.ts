import { isInternalTopic, parseLogDirectoryName } from '../../storage/file-names.ts'
import type { CliContext } from '../context.ts'
import { locationFiles } from '../location-files.ts'
import { resolveLocation, type Location } from '../location.ts'

/** Where completion looks for names; nothing at all is better than an error between two keystrokes. */
export interface LogNames {
  topics(): readonly string[]
  groups(): Promise<readonly string[]>
}

/** What a command line says about where the log is. */
export interface NamedLocation {
  readonly dir: string | undefined
  readonly bootstrapServer: string | undefined
}

/** Names from the log directory that the command line means. Brokers are not asked: completion must not wait for a network. */
export function logNames(flags: NamedLocation, context: CliContext): LogNames {
  const location = locate(flags, context)
  return {
    topics: () => (location?.kind === 'directory' ? topicsIn(location.path, context) : []),
    groups: async () =>
      location?.kind === 'directory' ? (await import('../group-names.ts')).groupNames(location, context) : [],
  }
}

function locate(flags: NamedLocation, context: CliContext): Location | undefined {
  try {
    const { environment, cwd } = context
    return resolveLocation({ flags, environment, cwd, files: locationFiles(context.fileSystem()) })
  } catch {
    return undefined
  }
}

/** The names of partition directories tell the topics, without opening one. */
function topicsIn(directory: string, context: CliContext): string[] {
  const topics = new Set<string>()
  for (const entry of context.fileSystem().list(directory) ?? []) {
    const parsed = entry.kind === 'directory' ? parseLogDirectoryName(entry.name) : undefined
    if (parsed?.kind === 'partition' && !isInternalTopic(parsed.topic)) topics.add(parsed.topic)
  }
  return [...topics].toSorted()
}
