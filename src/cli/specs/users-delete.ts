import type { CommandSpec } from '../command-spec.ts'
import { adoptFlag, confirmationFlags } from './shared-flags.ts'
import { globalFlags } from './global-flags.ts'

export const usersDeleteSpec = {
  name: 'users delete',
  summary: 'let users log in no more',
  description: [
    'Forgets what is kept of their passwords. Connections that stand go on until they end. Asks on a terminal; elsewhere it needs --yes.',
  ],
  args: [{ name: 'users', label: 'NAME', required: true, multiple: true, summary: 'The users.' }],
  flags: { ...confirmationFlags, ...adoptFlag, ...globalFlags },
  directoryOnly: true,
  conflicts: [['dry-run', 'yes']],
  examples: [{ command: 'tslog users delete alice --yes', explanation: 'Delete without asking' }],
  exitCodes: { 3: 'A user is not there.' },
} as const satisfies CommandSpec
