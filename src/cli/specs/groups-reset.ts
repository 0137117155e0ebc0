import type { CommandSpec } from '../command-spec.ts'
import { adoptFlag, confirmationFlags, partitionsFlag } from './shared-flags.ts'
import { globalFlags } from './global-flags.ts'
import { groupFlag } from './group-flag.ts'

export const groupsResetSpec = {
  name: 'groups reset',
  summary: 'set the committed offsets of a group',
  description: [
    'Commits new offsets for a group that nobody is using: for the topics named, or for all that it has read. Asks on a terminal; elsewhere it needs --yes.',
    'Shows each partition with its offset before and after; in a pipe as a line of fields with tabs between them: topic, partition, before, after, note.',
  ],
  args: [{ name: 'group', label: 'GROUP', required: true, completes: 'groups', summary: 'The group.' }],
  flags: {
    topic: {
      kind: 'string',
      char: 't',
      value: 'TOPIC',
      example: 'app-logs',
      repeated: true,
      completes: 'topics',
      summary: 'Only this topic; may be repeated.',
    },
    ...partitionsFlag,
    'to-earliest': { kind: 'bool', summary: 'To the log start offset.' },
    'to-latest': { kind: 'bool', summary: 'To the log end offset.' },
    'to-offset': {
      kind: 'string',
      value: 'N',
      example: '1000',
      pattern: /^\d{1,19}$/,
      expects: 'an offset',
      summary: 'To this offset.',
    },
    'to-datetime': {
      kind: 'string',
      value: 'TIME',
      example: '2026-11-23T06:00:00Z',
      summary: 'To the first record at or after TIME.',
    },
    'by-duration': {
      kind: 'duration',
      unit: 's',
      value: 'DUR',
      example: '2h',
      summary: 'To the first record of the last DUR.',
    },
    'shift-by': {
      kind: 'int',
      value: 'N',
      example: '-100',
      min: Number.MIN_SAFE_INTEGER,
      max: Number.MAX_SAFE_INTEGER,
      summary: 'By N records; negative goes back.',
    },
    ...confirmationFlags,
    ...groupFlag,
    ...adoptFlag,
    ...globalFlags,
  },
  exactlyOne: ['to-earliest', 'to-latest', 'to-offset', 'to-datetime', 'by-duration', 'shift-by'],
  conflicts: [['dry-run', 'yes']],
  examples: [
    { command: 'tslog groups reset nightly --to-earliest --dry-run', explanation: 'What reading all again would mean' },
    {
      command: 'tslog groups reset nightly --topic app-logs --shift-by -100 --yes',
      explanation: 'A hundred records back in one topic',
    },
  ],
  exitCodes: { 3: 'The group, topic or offset is not there.', 6: 'The group is in use.' },
  habits: {
    '--execute': 'that is --yes; example: tslog groups reset nightly --to-earliest --yes',
    '--reset-offsets': 'that is what groups reset does; example: tslog groups reset nightly --to-earliest --dry-run',
    '--all-topics': 'without --topic it is all; example: tslog groups reset nightly --to-earliest --dry-run',
    '-n': 'that is --dry-run; example: tslog groups reset nightly --to-earliest --dry-run',
  },
} as const satisfies CommandSpec
