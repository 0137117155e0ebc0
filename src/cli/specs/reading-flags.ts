import type { ArgSpec, FlagSpec } from '../command-spec.ts'
import { adoptFlag, partitionsFlag, topicFlag } from './shared-flags.ts'
import { globalFlags } from './global-flags.ts'

/** `TOPIC...` of consume and tail. */
export const topicsToReadArg = {
  name: 'topics',
  label: 'TOPIC',
  required: true,
  multiple: true,
  completes: 'topics',
  summary: 'The topics to read.',
} as const satisfies ArgSpec

/** Which records: shared by consume and tail. */
export const selectionFlags = {
  offset: {
    kind: 'string',
    char: 'o',
    value: 'OFFSET',
    example: '-10',
    suggests: ['beginning', 'end', 'stored'],
    repeated: true,
    summary:
      'Where to start: beginning, end, stored, N, -N (from the end), s@TIME; e@TIME is where to stop. Give it twice for both.',
  },
  since: {
    kind: 'string',
    value: 'TIME',
    example: '10m',
    summary: 'Only records from TIME on: ISO 8601, epoch ms, 10m, "2 hours ago", yesterday.',
  },
  until: { kind: 'string', value: 'TIME', example: '1h', summary: 'Only records before TIME.' },
  count: {
    kind: 'int',
    char: 'c',
    value: 'N',
    example: '100',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    aliases: ['max-messages'],
    summary: 'Stop after N records.',
  },
  ...partitionsFlag,
  timeout: {
    kind: 'duration',
    unit: 's',
    value: 'DUR',
    example: '10s',
    summary: 'Stop after this time, such as 10s or 5m; a bare number is seconds. The exit code is 124 then.',
  },
  'match-key': {
    kind: 'string',
    value: 'GLOB',
    example: '"user-*"',
    summary: 'Only records whose whole key matches: * ? [a-z] as in the shell.',
  },
  grep: {
    kind: 'string',
    value: 'REGEX',
    example: 'error',
    summary: 'Only records in whose value this regular expression (of JavaScript) is found.',
  },
  'match-header': {
    kind: 'string',
    value: 'NAME=GLOB',
    example: '"source=cron*"',
    repeated: true,
    pattern: /^[^=]+=/,
    expects: 'NAME=GLOB',
    summary: 'Only records with a header of this NAME whose value matches; may be repeated, then all must match.',
  },
  'invert-match': { kind: 'bool', summary: 'Only records that the filters above do not let through.' },
  isolation: {
    kind: 'choice',
    value: 'LEVEL',
    example: 'read_committed',
    options: ['read_committed', 'read_uncommitted'],
    default: 'read_committed',
    aliases: ['isolation-level'],
    summary: 'Whether records of open and aborted transactions are left out or not.',
  },
  merge: {
    kind: 'choice',
    value: 'ORDER',
    example: 'time',
    options: ['time', 'none'],
    summary: 'How partitions are interleaved: by timestamp (the default for the last N records), or as they come.',
  },
  group: {
    kind: 'string',
    char: 'g',
    value: 'GROUP',
    example: 'nightly',
    completes: 'groups',
    summary:
      'Go on where this consumer group stopped. Its offsets are kept in the log and committed at a clean end: all read (also past damage), -c reached, or SIGINT or SIGTERM; not at --timeout.',
  },
  ...adoptFlag,
  commit: {
    kind: 'string',
    value: 'every:DUR',
    example: 'every:5s',
    pattern: /^every:\d+(\.\d+)?(ms|s|m|h)?$/,
    expects: 'every:DUR, such as every:5s',
    summary: 'Commit the offsets of -g at this pace too; needed to follow into a pipe.',
  },
  'exit-code': { kind: 'bool', summary: 'Exit with 4 when no record came.' },
} as const satisfies Record<string, FlagSpec>

/** How records are written: shared by consume and tail. */
export const outputFlags = {
  'key-delimiter': {
    kind: 'string',
    char: 'K',
    value: 'DELIM',
    example: '"\\t"',
    summary: 'Print the key and DELIM before the value. Escapes: \\n \\t \\xHH.',
  },
  'print-null': { kind: 'bool', char: 'Z', summary: 'Print NULL for a null value instead of an empty line.' },
  unbuffered: { kind: 'bool', char: 'u', summary: 'Write each record at once, not in blocks.' },
  delimiter: {
    kind: 'string',
    char: 'D',
    value: 'DELIM',
    example: ';',
    summary: 'Ends a record instead of a newline. Escapes: \\n \\t \\xHH.',
  },
  nul: { kind: 'bool', char: '0', summary: 'End records with a NUL byte, as xargs -0 reads.' },
  'meta-only': { kind: 'bool', summary: 'As -J, but without keys and values.' },
  raw: { kind: 'bool', summary: 'Do not escape control characters on a terminal (a pipe always gets the bytes).' },
  ...topicFlag,
  ...globalFlags,
  json: {
    kind: 'bool',
    char: 'J',
    summary:
      'One JSON object a line: topic, partition, offset, tstype, ts, key, payload, headers; what is not UTF-8 becomes payload_base64 or key_base64.',
  },
} as const satisfies Record<string, FlagSpec>

/** kcat's format letters, for the help. */
export const formatSummary =
  'Print this for each record: %s value, %S its size, %k key, %K its size, %t topic, %p partition, %o offset, %T timestamp, %h headers, %%; \\n \\t \\xHH.'

/** What the exit codes of consume and tail mean. */
export const readingExitCodes = {
  3: 'A topic, partition or offset is not there.',
  4: 'No record came, with --exit-code.',
  5: 'Damaged records were met and skipped; all others were printed.',
  124: 'The time of --timeout has passed.',
} as const

/** What cannot be combined when reading. */
export const readingConflicts = [
  ['json', 'format'],
  ['json', 'key-delimiter'],
  ['json', 'delimiter'],
  ['json', 'nul'],
  ['format', 'key-delimiter'],
  ['delimiter', 'nul'],
] as const

/** Habits of kcat and Kafka's console consumer. */
export const readingHabits = {
  '-C': 'that is what consume does; example: tslog consume app-logs',
  '-G': 'that is -g; example: tslog consume app-logs -g nightly',
  '-X': 'there are no librdkafka properties; settings are read from ./tslog.properties',
  '-s': 'records are printed as bytes; to choose what is printed: tslog consume app-logs -f "%s\\n"',
  '--from-beginning': 'consume starts there by itself; example: tslog consume app-logs',
  '--property': 'to choose what is printed: tslog consume app-logs -f "%k %s\\n"',
  '--formatter-property': 'to choose what is printed: tslog consume app-logs -f "%k %s\\n"',
  '--timeout-ms': 'that is --timeout; example: tslog consume app-logs --timeout 10s',
} as const
