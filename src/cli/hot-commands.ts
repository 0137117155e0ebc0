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
  offsets: async () => (await import('./hot-reading.ts')).offsetsLine,
}
