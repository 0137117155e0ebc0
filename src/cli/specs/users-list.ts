import type { CommandSpec } from '../command-spec.ts'
import { globalFlags } from './global-flags.ts'

export const usersListSpec = {
  name: 'users list',
  summary: 'list who may log in to serve',
  description: ['Prints the names, one a line; as JSON with their mechanisms and iterations.'],
  args: [],
  flags: globalFlags,
  directoryOnly: true,
  examples: [{ command: 'tslog users list', explanation: 'All users' }],
} as const satisfies CommandSpec
