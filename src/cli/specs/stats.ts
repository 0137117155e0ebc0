import type { CommandSpec } from '../command-spec.ts'
import { anyTopicsArg, topicFlag } from './shared-flags.ts'
import { globalFlags } from './global-flags.ts'

export const statsSpec = {
  name: 'stats',
  summary: 'counts, bytes, rates over time, codecs and top keys',
  description: [
    'Counts records and bytes of each topic: a sparkline of records per time slot, a table of partitions, sizes and codecs, and the keys that occur most. Without a TOPIC, all of them.',
    'In a pipe each thing is a line of fields with tabs between them, its kind first: topic, partition, codec, sparkline or key. With --json every field has its name.',
  ],
  args: [anyTopicsArg],
  flags: {
    since: { kind: 'string', value: 'TIME', example: '24h', summary: 'Only records from TIME on.' },
    until: { kind: 'string', value: 'TIME', example: '1h', summary: 'Only records before TIME.' },
    slot: {
      kind: 'duration',
      unit: 's',
      value: 'DUR',
      example: '1m',
      summary: 'The length of a time slot; by default what fits the width.',
    },
    top: {
      kind: 'int',
      value: 'N',
      example: '20',
      min: 0,
      max: 1000,
      default: 10,
      summary:
        'How many of the most frequent keys. 0 is fastest: only batch headers are read, and keys and payload bytes are not counted.',
    },
    ...topicFlag,
    ...globalFlags,
  },
  examples: [
    { command: 'tslog stats app-logs', explanation: 'One topic' },
    { command: 'tslog stats --since 24h --json', explanation: 'The last day of all topics, as JSON' },
  ],
  exitCodes: { 3: 'A topic is not there.', 5: 'Damaged records were met; all others are counted.' },
} as const satisfies CommandSpec
