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

export const consumeSpec = {
  name: 'consume',
  summary: 'print the records of topics from the start to the end, then exit',
  description: [
    'Prints the value of each record and a newline, and nothing else: on one partition, produce and then consume gives back the same text. The end is the end when the command started; --follow goes on with what comes after it.',
    'With -g the offsets are kept in __consumer_offsets of the same log and committed on a clean end only: the end reached, -c reached, or SIGINT or SIGTERM. When the reader goes away (as in | head), nothing new is committed and the exit code is 0. SIGUSR1 makes it say on stderr what it has printed so far.',
  ],
  args: [topicsToReadArg],
  flags: {
    last: {
      kind: 'int',
      char: 'n',
      value: 'N',
      example: '10',
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      summary: 'Only the last N records of each topic, over all its partitions.',
    },
    exit: { kind: 'bool', char: 'e', summary: 'Exit at the end; the default.' },
    follow: { kind: 'bool', summary: 'At the end, wait for more.' },
    format: { kind: 'string', char: 'f', value: 'FORMAT', example: '"%o %s\\n"', summary: formatSummary },
    ...selectionFlags,
    ...outputFlags,
  },
  conflicts: [...readingConflicts, ['exit', 'follow'], ['last', 'offset']],
  examples: [
    { command: 'tslog consume app-logs', explanation: 'Everything in the topic' },
    { command: 'tslog consume app-logs --since 1h | grep timeout', explanation: 'The last hour, searched' },
    { command: 'tslog consume app-logs -n 100 -J', explanation: 'The last 100 records as JSON, one a line' },
    { command: "tslog consume hosts -f '%k %T %s\\n'", explanation: 'Key, timestamp and value of each record' },
    { command: 'tslog consume app-logs -o 1000 -c 1', explanation: 'The record at offset 1000' },
    { command: 'tslog consume app-logs -g nightly > new.log', explanation: 'What is new since the last such run' },
  ],
  exitCodes: readingExitCodes,
  habits: {
    ...readingHabits,
    '-F': 'to follow, use --follow; settings are read from ./tslog.properties; example: tslog consume app-logs --follow',
  },
} as const satisfies CommandSpec
