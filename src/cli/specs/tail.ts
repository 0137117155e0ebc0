import type { CommandSpec } from '../command-spec.ts'
import {
  formatSummary,
  outputFlags,
  readingConflicts,
  readingExitCodes,
  readingHabits,
  selectionFlags,
  topicsToReadArg,
} from './reading-flags.ts'

export const tailSpec = {
  name: 'tail',
  summary: 'print the last records of topics, then follow',
  description: [
    'Prints the last 10 records of the topics, or what -n, -o or --since say, and then each new record as soon as another process has written it. It survives rolls, retention and compaction of the log. SIGUSR1 makes it say on stderr what it has printed so far.',
  ],
  args: [topicsToReadArg],
  flags: {
    last: {
      kind: 'string',
      char: 'n',
      value: 'N',
      example: '20',
      aliases: ['lines'],
      summary: 'The last N records (10 by default), or with +N from the Nth on.',
    },
    follow: {
      kind: 'bool',
      char: 'f',
      charAliases: ['F'],
      allowNo: true,
      default: true,
      summary: 'Wait for more at the end; the default.',
    },
    format: { kind: 'string', value: 'FORMAT', example: '"%o %s\\n"', summary: formatSummary },
    ...selectionFlags,
    ...outputFlags,
  },
  conflicts: [...readingConflicts, ['last', 'offset'], ['last', 'since']],
  examples: [
    { command: 'tslog tail app-logs', explanation: 'The last 10 records, then what comes' },
    { command: 'tslog tail app-logs -n 0 --grep error', explanation: 'Only new records that match' },
    { command: 'tslog tail app-logs -n 100 --no-follow', explanation: 'The last 100, then exit' },
    { command: 'tslog tail app-logs hosts --since 10m', explanation: 'Two topics since ten minutes ago' },
  ],
  exitCodes: readingExitCodes,
  habits: {
    ...readingHabits,
    '-z': 'records that end with a NUL byte are -0; example: tslog tail app-logs -0',
    '--zero-terminated': 'that is -0; example: tslog tail app-logs -0',
    '-5': 'the number of records is -n; example: tslog tail app-logs -n 5',
    '--bytes': 'there are records, not bytes; example: tslog tail app-logs -n 5',
    '--retry': 'a topic is waited for with consume --follow; example: tslog tail app-logs',
    '-C': 'that is what consume does; example: tslog tail app-logs',
    '-e': 'that is --no-follow; example: tslog tail app-logs --no-follow',
  },
} as const satisfies CommandSpec
