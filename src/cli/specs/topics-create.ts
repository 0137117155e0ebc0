import type { CommandSpec } from '../command-spec.ts'
import { adoptFlag, topicConfigValue, topicFlag } from './shared-flags.ts'
import { globalFlags } from './global-flags.ts'

export const topicsCreateSpec = {
  name: 'topics create',
  summary: 'create topics',
  description: [
    'Creates each TOPIC. It is an error when one is there already, unless --if-not-exists is given. (produce creates a missing topic by itself.)',
  ],
  args: [{ name: 'topics', label: 'TOPIC', required: true, multiple: true, summary: 'Names of the new topics.' }],
  flags: {
    partitions: {
      kind: 'int',
      value: 'N',
      example: '6',
      min: 1,
      max: 10_000,
      summary: 'How many partitions; when left out 1, of brokers (-b) as many as they give a topic (num.partitions).',
    },
    'replication-factor': {
      kind: 'int',
      value: 'N',
      example: '3',
      min: 1,
      max: 32_767,
      summary: 'For the habit: a directory keeps one copy, so that only 1 is accepted.',
    },
    config: {
      ...topicConfigValue,
      char: 'c',
      summary: 'A topic configuration; may be repeated.',
    },
    'if-not-exists': { kind: 'bool', summary: 'A topic that is there already is no error and stays as it is.' },
    ...topicFlag,
    ...adoptFlag,
    ...globalFlags,
  },
  examples: [
    { command: 'tslog topics create app-logs --partitions 6', explanation: 'A topic of six partitions' },
    {
      command: 'tslog topics create hosts --config cleanup.policy=compact',
      explanation: 'A topic that keeps the last value of each key',
    },
  ],
  habits: {
    '-p': 'partitions are --partitions; example: tslog topics create app-logs --partitions 6',
    '-r': 'replicas are --replication-factor; example: tslog topics create app-logs --replication-factor 3',
    '--partition': 'partitions are --partitions; example: tslog topics create app-logs --partitions 6',
  },
} as const satisfies CommandSpec
