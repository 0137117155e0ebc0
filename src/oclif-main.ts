import { runOclif, type CommandModules } from './cli/oclif/run-oclif.ts'

/** Oclif's half of the program: the command classes. Loaded only for command lines that the fast parser leaves alone. */
const commandModules: CommandModules = {
  produce: () => import('../commands/produce.ts'),
  consume: () => import('../commands/consume.ts'),
  tail: () => import('../commands/tail.ts'),
  'topics list': () => import('../commands/topics/list.ts'),
  'topics describe': () => import('../commands/topics/describe.ts'),
  'topics create': () => import('../commands/topics/create.ts'),
  'topics alter': () => import('../commands/topics/alter.ts'),
  'topics delete': () => import('../commands/topics/delete.ts'),
  'topics trim': () => import('../commands/topics/trim.ts'),
  offsets: () => import('../commands/offsets.ts'),
  'groups list': () => import('../commands/groups/list.ts'),
  'groups describe': () => import('../commands/groups/describe.ts'),
  'groups reset': () => import('../commands/groups/reset.ts'),
  'groups delete': () => import('../commands/groups/delete.ts'),
  stats: () => import('../commands/stats.ts'),
  dump: () => import('../commands/dump.ts'),
  close: () => import('../commands/close.ts'),
  init: () => import('../commands/init.ts'),
  completion: () => import('../commands/completion.ts'),
}

/** Runs the command `name` through oclif; returns the exit code. Throws `UsageError` for what cannot be parsed. */
export function oclifMain(name: string, argv: readonly string[]): Promise<number> {
  return runOclif(name, argv, commandModules)
}
