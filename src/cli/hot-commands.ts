import type { CliContext } from './context.ts'
import type { HotCommand } from './hot-command.ts'

/**
 * What pipes and cron jobs call again and again: plain shapes of these go around oclif. A call loads the one of these modules that it
 * needs, and nothing else: what it has to wait for most is its own code.
 */
export const hotCommands: Readonly<Record<string, () => Promise<HotCommand>>> = {
  produce: async () => (await import('./hot-writing.ts')).produceLine,
  consume: async () => (await import('./hot-reading.ts')).consumeLine,
  tail: async () => (await import('./hot-reading.ts')).tailLine,
  'topics list': async () => (await import('./hot-reading.ts')).topicsListLine,
  serve: async () => (await import('./hot-serving.ts')).serveLine,
  retention: async () => (await import('./hot-keeping.ts')).retentionLine,
  replicate: async () => (await import('./hot-replicating.ts')).replicateLine,
  offsets: async () => (await import('./hot-reading.ts')).offsetsLine,
}

/** What `replicate` calls on the other end of an ssh. */
export async function loadFarSide(): Promise<(words: readonly string[], context: CliContext) => Promise<number>> {
  return (await import('./replicate/far-side.ts')).farSide
}
