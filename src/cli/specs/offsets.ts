import type { CommandSpec } from '../command-spec.ts'
import { partitionsFlag, topicFlag } from './shared-flags.ts'
import { globalFlags } from './global-flags.ts'

export const offsetsSpec = {
  name: 'offsets',
  summary: 'show start and end offsets, or the offset of a time',
  description: [
    'Prints for each partition the log start offset (the first record that can be read) and the log end offset (what the next record will get). With --time, the offset of the first record at or after that time.',
    'In a pipe each partition is a line of fields with tabs between them: topic, partition, start, end; with --time topic, partition, offset, timestamp in ms. A - is something that is not there.',
  ],
  args: [
    {
      name: 'topics',
      label: 'TOPIC',
      required: true,
      multiple: true,
      completes: 'topics',
      summary: 'The topics.',
    },
  ],
  flags: {
    ...partitionsFlag,
    time: {
      kind: 'string',
      value: 'TIME',
      example: '1h',
      summary:
        'The offset of the first record at or after TIME: ISO 8601, epoch ms, 10m, "2 hours ago", yesterday. As in Kafka, earliest or -2 is the log start offset, latest or -1 the log end offset, -3 the record with the highest timestamp.',
    },
    'exit-code': { kind: 'bool', summary: 'Exit with 4 when no record is at or after TIME.' },
    ...topicFlag,
    ...globalFlags,
  },
  examples: [
    { command: 'tslog offsets app-logs', explanation: 'Start and end of each partition' },
    { command: 'tslog offsets app-logs --time 2026-11-23T06:00:00Z', explanation: 'Where that minute begins' },
  ],
  exitCodes: { 3: 'A topic or partition is not there.', 4: 'No record is that young, with --exit-code.' },
  habits: {
    '-Q': 'that is what offsets does; example: tslog offsets app-logs',
    '--topic-partitions': 'the partition is -p; example: tslog offsets app-logs -p 0',
    '-o': 'the time is --time; example: tslog offsets app-logs --time 1h',
  },
} as const satisfies CommandSpec
