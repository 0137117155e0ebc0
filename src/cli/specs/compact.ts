import type { CommandSpec } from '../command-spec.ts'
import { globalFlags } from './global-flags.ts'
import { adoptFlag, anyTopicsArg, partitionsFlag, topicFlag } from './shared-flags.ts'

export const compactSpec = {
  name: 'compact',
  summary: 'keep the last value of each key',
  description: [
    "Kafka's log cleaner: of each key the last record stays, at its offset; older ones go. Works on topics whose cleanup.policy has compact; without a TOPIC, on all of them. Producers and readers go on meanwhile. It carries out what is configured, so it never asks.",
    'A partition is compacted when more than min.cleanable.dirty.ratio of it (by default half) was not compacted before, or a record in it waits longer than max.compaction.lag.ms; --dirty-ratio 0 compacts all that can be. The newest segment is never touched, nor records younger than min.compaction.lag.ms, nor what follows the start of an open transaction.',
    'A tombstone (a record with a key and no value) stays for delete.retention.ms after the first compaction that met it, so that readers learn of the deletion. Records without a key go. A partition in which a batch cannot be read is left as it is from there on.',
    'Only partitions that had to be compacted are listed; with -v or --dry-run, or for a TOPIC or -p, also the others and why; with -q nothing else is said, so that cron is silent when nothing was done. In a pipe each partition is a line of fields with tabs between them: topic, partition, state, dirty ratio, first dirty offset, end of what can be compacted, and after compaction the bytes and records that there were and that were kept.',
  ],
  args: [anyTopicsArg],
  flags: {
    'dry-run': { kind: 'bool', char: 'n', summary: 'Only say which partitions would be compacted, and why.' },
    'dirty-ratio': {
      kind: 'string',
      value: 'RATIO',
      example: '0.2',
      pattern: /^(0?\.\d{1,9}|0|1(\.0*)?|0\.\d{0,9})$/,
      expects: 'a number from 0 to 1',
      summary: 'Compact from this share of dirty bytes on, instead of min.cleanable.dirty.ratio.',
    },
    memory: {
      kind: 'size',
      value: 'SIZE',
      example: '1GiB',
      min: 1024 * 1024,
      max: 3 * 1024 * 1024 * 1024,
      default: 128 * 1024 * 1024,
      summary: 'Memory for the map of keys: 30 bytes a key. With less than all keys take, there are more passes.',
    },
    'exit-code': { kind: 'bool', summary: 'Exit with 4 when there is nothing to compact.' },
    ...partitionsFlag,
    ...topicFlag,
    ...adoptFlag,
    ...globalFlags,
  },
  directoryOnly: true,
  examples: [
    { command: 'tslog compact', explanation: 'Every compacted topic that is due, as from cron' },
    { command: 'tslog compact --dry-run', explanation: 'What would be compacted' },
    { command: 'tslog compact hosts --dirty-ratio 0', explanation: 'All that can be compacted of one topic, now' },
  ],
  exitCodes: {
    3: 'The directory, a topic or a partition is not there.',
    5: 'A batch cannot be read; all other partitions are compacted.',
    6: 'Another process compacts the partition.',
  },
  habits: {
    '--force': 'that is --dirty-ratio 0; example: tslog compact hosts --dirty-ratio 0',
    '--all': 'all compacted topics are meant when none is named; example: tslog compact --dry-run',
  },
} as const satisfies CommandSpec
