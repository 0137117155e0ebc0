import type { CommandSpec } from '../command-spec.ts'
import { anyTopicsArg, topicFlag } from './shared-flags.ts'
import { globalFlags } from './global-flags.ts'

export const topicsDescribeSpec = {
  name: 'topics describe',
  summary: 'show partitions, offsets, sizes and configuration',
  description: [
    'Shows each topic with its id, partitions, log start and end offsets, segments, bytes, and the configuration that differs from the default. Without a TOPIC, all of them.',
    'In a pipe each thing is a line of fields with tabs between them, its kind first: topic, name, id, partitions; partition, topic, number, start, end, segments, bytes; config, topic, key, value, default or set, type, default value, range.',
  ],
  args: [anyTopicsArg],
  flags: {
    'all-configs': {
      kind: 'bool',
      summary: 'Every topic configuration with its value, default, type and range.',
    },
    ...topicFlag,
    ...globalFlags,
  },
  examples: [
    { command: 'tslog topics describe app-logs', explanation: 'One topic' },
    {
      command: 'tslog topics describe app-logs --all-configs',
      explanation: 'With every configuration and what it may be',
    },
  ],
  exitCodes: { 3: 'A topic is not there.' },
} as const satisfies CommandSpec
