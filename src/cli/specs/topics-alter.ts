import type { CommandSpec } from '../command-spec.ts'
import { adoptFlag, topicConfigValue, topicFlag } from './shared-flags.ts'
import { globalFlags } from './global-flags.ts'

export const topicsAlterSpec = {
  name: 'topics alter',
  summary: 'change the configuration or add partitions',
  description: [
    'Sets or removes configurations of a topic, or adds partitions. A value out of its range is refused, and then nothing is changed. Partitions cannot be taken away. New partitions change where keys land.',
  ],
  args: [{ name: 'topic', label: 'TOPIC', required: true, completes: 'topics', summary: 'The topic to change.' }],
  flags: {
    config: {
      ...topicConfigValue,
      char: 'c',
      aliases: ['add-config'],
      summary: 'Set a configuration; may be repeated.',
    },
    'delete-config': {
      kind: 'string',
      value: 'KEY',
      example: 'retention.ms',
      repeated: true,
      completes: 'config-names',
      summary: 'Give a configuration its default again; may be repeated.',
    },
    partitions: {
      kind: 'int',
      value: 'N',
      example: '12',
      min: 1,
      max: 10_000,
      summary: 'How many partitions there should be; more than now.',
    },
    ...topicFlag,
    ...adoptFlag,
    ...globalFlags,
  },
  examples: [
    {
      command: 'tslog topics alter app-logs --config retention.ms=604800000',
      explanation: 'Keep seven days',
    },
    {
      command: 'tslog topics alter app-logs --delete-config retention.ms --partitions 12',
      explanation: 'Back to the default, and twelve partitions',
    },
  ],
  exitCodes: { 2: 'An unknown configuration or a bad value; nothing was changed.', 3: 'The topic is not there.' },
  habits: { '-p': 'partitions are --partitions; example: tslog topics alter app-logs --partitions 12' },
} as const satisfies CommandSpec
