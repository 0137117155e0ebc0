import type { CommandSpec } from '../command-spec.ts'
import { globalFlags } from './global-flags.ts'
import { adoptFlag, anyTopicsArg, confirmationFlags, partitionsFlag, topicFlag } from './shared-flags.ts'

export const repairSpec = {
  name: 'repair',
  summary: 'mend what verify finds, and keep every readable record',
  description: [
    'Verifies the log directory, says what it would do, and does it: makes indexes, producer snapshots, leader epochs and checkpoints anew, restores heads of batches where all else proves what they were, cuts a torn tail, and finishes or undoes a swap that was cut short. Damaged bytes are moved to BASE.POSITION.corrupt beside the segment; an empty batch takes their place, so that the offsets of all other records stay. Nothing that can be read is deleted.',
    'Asks on a terminal; elsewhere it needs --yes. Producers wait while their partition is mended. In a pipe each step is a line of fields with tabs between them: kind, file, first byte, end byte, first offset, last offset, what is done. Without a TOPIC, everything.',
  ],
  args: [anyTopicsArg],
  flags: {
    'dry-run': { kind: 'bool', char: 'n', summary: 'Only say what would be done.' },
    yes: confirmationFlags.yes,
    ...partitionsFlag,
    ...topicFlag,
    ...adoptFlag,
    ...globalFlags,
  },
  conflicts: [['dry-run', 'yes']],
  directoryOnly: true,
  examples: [
    { command: 'tslog repair --dry-run', explanation: 'What would be done' },
    { command: 'tslog repair --yes', explanation: 'Mend everything without asking' },
    { command: 'tslog repair app-logs --yes', explanation: 'Mend one topic' },
  ],
  exitCodes: {
    3: 'The directory or a topic is not there.',
    5: 'Something is damaged that no repair can mend.',
    6: 'A serve, a compaction or another writer holds it.',
  },
  habits: {
    '-f': 'that is --yes; example: tslog repair --yes',
    '--force': 'that is --yes; example: tslog repair --yes',
  },
} as const satisfies CommandSpec
