import type { CommandSpec } from '../command-spec.ts'
import { globalFlags } from './global-flags.ts'
import { anyTopicsArg, partitionsFlag, topicFlag } from './shared-flags.ts'

export const verifySpec = {
  name: 'verify',
  summary: 'check every batch, index and checkpoint for damage',
  description: [
    "Reads every segment and checks the checksum of each batch and its place in the log; holds the indexes, producer snapshots, leader epochs and checkpoints against the batches; looks at names and at what was left behind. It only reads: producers and a server may go on, and a stopped Kafka broker's directory can be checked too. Without a TOPIC, everything.",
    'Nothing is printed about what is in order. In a pipe each damaged place is a line of fields with tabs between them: severity, kind, file, first byte, end byte, first offset, last offset, what is wrong. Harmless things (notes) are shown with -v; with --json every field has its name.',
  ],
  args: [anyTopicsArg],
  flags: {
    deep: { kind: 'bool', summary: 'Also decompress every batch and walk its records.' },
    ...partitionsFlag,
    ...topicFlag,
    ...globalFlags,
  },
  directoryOnly: true,
  examples: [
    { command: 'tslog verify', explanation: 'Everything in the log directory' },
    { command: 'tslog verify app-logs --deep', explanation: 'One topic, down to each record' },
    { command: 'tslog verify --json', explanation: 'The findings as one JSON document' },
  ],
  exitCodes: { 3: 'The directory or a topic is not there.', 5: 'Damage was found.' },
  habits: {
    '--fix': 'that is another command; example: tslog repair --dry-run',
    '--repair': 'that is another command; example: tslog repair --dry-run',
    '--deep-iteration': 'that is --deep; example: tslog verify app-logs --deep',
  },
} as const satisfies CommandSpec
