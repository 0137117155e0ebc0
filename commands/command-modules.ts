import type { CommandModules } from '../src/cli/oclif/run-oclif.ts'

/** The class of each command, loaded when it is called: only command lines that the fast parser leaves alone come here. */
export const commandModules: CommandModules = {
  produce: () => import('./produce.ts'),
  consume: () => import('./consume.ts'),
  tail: () => import('./tail.ts'),
  'topics list': () => import('./topics/list.ts'),
  'topics describe': () => import('./topics/describe.ts'),
  'topics create': () => import('./topics/create.ts'),
  'topics alter': () => import('./topics/alter.ts'),
  'topics delete': () => import('./topics/delete.ts'),
  'topics trim': () => import('./topics/trim.ts'),
  offsets: () => import('./offsets.ts'),
  'groups list': () => import('./groups/list.ts'),
  'groups describe': () => import('./groups/describe.ts'),
  'groups reset': () => import('./groups/reset.ts'),
  'groups delete': () => import('./groups/delete.ts'),
  retention: () => import('./retention.ts'),
  stats: () => import('./stats.ts'),
  dump: () => import('./dump.ts'),
  compact: () => import('./compact.ts'),
  verify: () => import('./verify.ts'),
  repair: () => import('./repair.ts'),
  serve: () => import('./serve.ts'),
  close: () => import('./close.ts'),
  init: () => import('./init.ts'),
  completion: () => import('./completion.ts'),
}
