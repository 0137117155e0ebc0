import type { CommandSpec } from '../command-spec.ts'
import { adoptFlag, confirmationFlags, partitionsFlag, topicFlag } from './shared-flags.ts'
import { globalFlags } from './global-flags.ts'

export const topicsTrimSpec = {
  name: 'topics trim',
  summary: 'delete the oldest records of a topic',
  description: [
    "Moves the log start offset forward: records below --offset, or older than --before, can no longer be read, and segments without any other record are deleted (Kafka's DeleteRecords). Asks on a terminal; elsewhere it needs --yes.",
    'With --dry-run it shows each partition with its start now, its start then, and the records that would go.',
  ],
  args: [{ name: 'topic', label: 'TOPIC', required: true, completes: 'topics', summary: 'The topic to trim.' }],
  flags: {
    offset: {
      kind: 'string',
      char: 'o',
      value: 'OFFSET',
      example: '1000',
      pattern: /^(end|latest|-?\d{1,19})$/,
      expects: 'N, -N (keep the last N) or end',
      summary: 'Delete the records below this offset: N, -N (keep the last N of each partition), or end (delete all).',
    },
    before: {
      kind: 'string',
      value: 'TIME',
      example: '2026-11-01',
      summary: 'Delete the records older than TIME: 30d, 2026-11-01, yesterday.',
    },
    ...partitionsFlag,
    ...confirmationFlags,
    ...topicFlag,
    ...adoptFlag,
    ...globalFlags,
  },
  exactlyOne: ['offset', 'before'],
  conflicts: [['dry-run', 'yes']],
  examples: [
    { command: 'tslog topics trim app-logs --before 30d --dry-run', explanation: 'What is older than 30 days' },
    { command: 'tslog topics trim app-logs -p 0 -o 1000 --yes', explanation: 'All below offset 1000 of partition 0' },
  ],
  exitCodes: { 3: 'The topic, the partition or the offset is not there.' },
  habits: { '-n': 'that is --dry-run; example: tslog topics trim app-logs -o 1000 --dry-run' },
} as const satisfies CommandSpec
