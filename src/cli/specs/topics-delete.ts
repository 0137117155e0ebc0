import type { CommandSpec } from '../command-spec.ts'
import { adoptFlag, confirmationFlags, topicFlag } from './shared-flags.ts'
import { globalFlags } from './global-flags.ts'

export const topicsDeleteSpec = {
  name: 'topics delete',
  summary: 'delete topics with all their records',
  description: [
    'Deletes each TOPIC: its records, indexes and configuration. Asks on a terminal; elsewhere it needs --yes.',
  ],
  args: [
    {
      name: 'topics',
      label: 'TOPIC',
      required: true,
      multiple: true,
      completes: 'topics',
      summary: 'The topics to delete.',
    },
  ],
  flags: {
    'if-exists': { kind: 'bool', summary: 'A topic that is not there is no error.' },
    ...confirmationFlags,
    ...topicFlag,
    ...adoptFlag,
    ...globalFlags,
  },
  conflicts: [['dry-run', 'yes']],
  examples: [
    { command: 'tslog topics delete app-logs --dry-run', explanation: 'What would go' },
    { command: 'tslog topics delete app-logs --yes', explanation: 'Delete without asking' },
  ],
  exitCodes: { 3: 'A topic is not there.' },
  habits: {
    '-n': 'that is --dry-run; example: tslog topics delete app-logs --dry-run',
    '-f': 'that is --yes; example: tslog topics delete app-logs --yes',
    '--force': 'that is --yes; example: tslog topics delete app-logs --yes',
  },
} as const satisfies CommandSpec
