import type { CommandSpec } from '../command-spec.ts'
import { adoptFlag, confirmationFlags } from './shared-flags.ts'
import { globalFlags } from './global-flags.ts'
import { groupFlag } from './group-flag.ts'

export const groupsDeleteSpec = {
  name: 'groups delete',
  summary: 'forget groups and their committed offsets',
  description: [
    'Deletes the committed offsets of each GROUP; records are not touched. Refused for a group in use. Asks on a terminal; elsewhere it needs --yes.',
  ],
  args: [
    {
      name: 'groups',
      label: 'GROUP',
      required: true,
      multiple: true,
      completes: 'groups',
      summary: 'The groups to forget.',
    },
  ],
  flags: { ...confirmationFlags, ...groupFlag, ...adoptFlag, ...globalFlags },
  conflicts: [['dry-run', 'yes']],
  examples: [
    { command: 'tslog groups delete nightly --dry-run', explanation: 'What would be forgotten' },
    { command: 'tslog groups delete nightly --yes', explanation: 'Delete without asking' },
  ],
  exitCodes: { 3: 'A group is not there.', 6: 'A group is in use.' },
  habits: { '-n': 'that is --dry-run; example: tslog groups delete nightly --dry-run' },
} as const satisfies CommandSpec
