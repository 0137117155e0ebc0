import type { CommandSpec } from '../command-spec.ts'
import { adoptFlag, anyTopicsArg, confirmationFlags, topicFlag } from './shared-flags.ts'
import { globalFlags } from './global-flags.ts'

export const retentionSpec = {
  name: 'retention',
  summary: 'delete old segments, as retention.ms and retention.bytes say',
  description: [
    'Applies what the topics are configured to, as a Kafka broker does every five minutes: segments below the log start offset go, then the oldest ones while the partition has more than retention.bytes, then those whose latest record is older than retention.ms. Topics with cleanup.policy=compact alone keep their records. An active segment older than segment.ms is sealed, so that its time can come too. It carries out stored policy and never asks, so that cron can run it; producers and readers go on meanwhile.',
    'Dropped files are renamed to NAME.deleted and removed once file.delete.delay.ms has gone by, by the next run or whoever else comes; at once when the disk has no room for another segment.',
    'A segment with a record from the future, or with damage, stays until that time has come or it is repaired, and holds back those behind it: that is said, and --explain says of each segment why it stays or goes. Before a segment goes for its age, its time index is checked against the log.',
    'With --budget the whole directory is brought down to a size: besides what the policies say, the oldest closed segments of all topics go first, whatever their retention, but for topics that are only compacted. --weight lets topics keep theirs longer. Their files go at once.',
    'With --recompress the closed segments that stay are compressed anew, batch by batch and in several threads: offsets, timestamps, producer ids and sequence numbers stay, and so does a batch that would not get smaller. Each segment is replaced as a whole, so that it can be stopped at any time; what is done is not done again. Segments with damage stay as they are, and so do the topics that Kafka keeps for itself.',
    'In a pipe each segment is a line: topic, partition, base offset, bytes, action (delete, keep, roll or recompress) and the reason.',
  ],
  args: [anyTopicsArg],
  flags: {
    ...confirmationFlags,
    'dry-run': { kind: 'bool', char: 'n', summary: 'Only list the segments that would go.' },
    explain: { kind: 'bool', summary: 'List every segment with why it goes or stays.' },
    budget: {
      kind: 'string',
      value: 'SIZE|PERCENT',
      example: '20GiB',
      summary:
        'Bring all partitions together down to this size, or share of the file system. Needs --yes without a terminal.',
    },
    weight: {
      kind: 'string',
      value: 'TOPIC=N[,...]',
      example: 'audit=5',
      repeated: true,
      aliases: ['weights'],
      summary: 'With --budget, let the segments of a topic get N times as old as those of others.',
    },
    recompress: {
      kind: 'string',
      value: 'CODEC[:LEVEL]',
      example: 'zstd:19',
      summary: 'Then compress closed segments anew, such as zstd:19, for archives that are seldom read.',
    },
    'exit-code': { kind: 'bool', summary: 'Exit with 4 when there is nothing to do.' },
    ...topicFlag,
    ...adoptFlag,
    ...globalFlags,
  },
  conflicts: [['dry-run', 'yes']],
  directoryOnly: true,
  examples: [
    { command: 'tslog retention --dry-run', explanation: 'What would go, of all topics' },
    { command: 'tslog retention --recompress zstd:19', explanation: 'Compress what is closed and stays' },
    { command: 'tslog retention app-logs --explain --dry-run', explanation: 'Why each segment stays or goes' },
    {
      command: 'tslog retention --budget 20GiB --weight app-logs=5 --yes',
      explanation: 'At most 20 GiB; app-logs stays longer',
    },
  ],
  exitCodes: {
    1: 'A partition failed, or the directory is still over its budget.',
    5: 'A segment that was to be recompressed is damaged.',
    3: 'A topic, or the directory, is not there.',
  },
  habits: { '--all': 'all topics are meant when none is named; example: tslog retention --dry-run' },
} as const satisfies CommandSpec
