import type { CommandSpec } from '../command-spec.ts'
import { globalFlags } from './global-flags.ts'

export const dumpSpec = {
  name: 'dump',
  summary: 'show what is in a segment or index file, batch by batch',
  description: [
    "Shows what is in the files of a log directory, tslog's or a stopped Kafka broker's: segments (.log) batch by batch, indexes (.index, .timeindex, .txnindex), producer snapshots, checkpoints, identities, the metadata log of a KRaft cluster with its snapshots (.checkpoint) and quorum-state. Records of __consumer_offsets, __transaction_state and __cluster_metadata are told in words. It reads only.",
    'A TOPIC means the segments of all its partitions, a partition or log directory all its files; each entry then names its file.',
    'In a pipe each batch, entry or record is a line of fields with tabs between them, its kind first. With --json each is an object on a line, and every field has its name.',
  ],
  args: [
    {
      name: 'source',
      label: 'PATH|TOPIC[:PARTITION]',
      required: true,
      completes: 'topics',
      summary: 'A file, a partition or log directory, or a topic (and its partition).',
    },
  ],
  flags: {
    records: { kind: 'bool', summary: 'Also each record: offset, timestamp, key, headers, value.' },
    offset: {
      kind: 'string',
      char: 'o',
      value: 'N',
      example: '1000',
      pattern: /^\d{1,19}$/,
      expects: 'an offset',
      summary: 'Start with the batch that holds this offset.',
    },
    count: {
      kind: 'int',
      char: 'c',
      value: 'N',
      example: '10',
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      summary: 'Stop after N batches or entries.',
    },
    raw: { kind: 'bool', summary: 'Do not escape control characters on a terminal (a pipe always gets the bytes).' },
    ...globalFlags,
  },
  directoryOnly: true,
  examples: [
    { command: 'tslog dump app-logs:0', explanation: 'The batches of partition 0' },
    {
      command: 'tslog dump app-logs:0 --records -c 1 --json',
      explanation: 'The first batch with its records, as JSON',
    },
    { command: 'tslog dump /var/lib/tslog/ --json', explanation: 'Every file of a log directory' },
  ],
  exitCodes: { 3: 'The file, topic or partition is not there.', 5: 'Something in the file is damaged.' },
  habits: {
    '--files': 'the file is the argument; example: tslog dump app-logs:0',
    '--print-data-log': 'that is --records; example: tslog dump app-logs:0 --records',
    '-p': 'the partition follows a colon; example: tslog dump app-logs:0',
    '-t': 'the topic is the argument; example: tslog dump app-logs:0',
  },
} as const satisfies CommandSpec
