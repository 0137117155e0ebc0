import type { CommandSpec } from '../command-spec.ts'
import { globalFlags } from './global-flags.ts'

export const topicsListSpec = {
  name: 'topics list',
  summary: 'list the topics',
  description: ['Prints the names of the topics, one a line; on a terminal with their partitions, records and bytes.'],
  args: [],
  flags: {
    'exclude-internal': { kind: 'bool', summary: 'Leave out topics of the log itself, such as __consumer_offsets.' },
    ...globalFlags,
  },
  examples: [
    { command: 'tslog topics list', explanation: 'All topics' },
    { command: 'tslog -d /var/lib/tslog topics list --json', explanation: 'As one JSON document' },
  ],
  habits: {
    '--topic': 'for one topic: tslog topics describe app-logs',
    '-t': 'for one topic: tslog topics describe app-logs',
  },
} as const satisfies CommandSpec
