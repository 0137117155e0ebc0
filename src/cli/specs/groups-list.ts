import type { CommandSpec } from '../command-spec.ts'
import { globalFlags } from './global-flags.ts'

export const groupsListSpec = {
  name: 'groups list',
  summary: 'list the consumer groups',
  description: ['Prints the names of the consumer groups, one a line; on a terminal with their state and total lag.'],
  args: [],
  flags: globalFlags,
  examples: [
    { command: 'tslog groups list', explanation: 'All groups' },
    { command: 'tslog groups list --json', explanation: 'As one JSON document' },
  ],
  habits: { '-g': 'for one group: tslog groups describe nightly' },
} as const satisfies CommandSpec
