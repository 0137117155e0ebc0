import type { CommandSpec } from '../command-spec.ts'
import { adoptFlag } from './shared-flags.ts'
import { globalFlags } from './global-flags.ts'

export const usersSetSpec = {
  name: 'users set',
  summary: 'let a user log in to serve, or change the password',
  description: [
    'Asks for the password on a terminal, and reads it from the first line of standard input otherwise: it never stands on a command line. What is kept, in tslog-users.json for the owner alone, are salted keys for SCRAM-SHA-256 and SCRAM-SHA-512, which PLAIN is checked by too.',
    'A running serve takes it over at once; connections that stand go on.',
  ],
  args: [{ name: 'user', label: 'NAME', required: true, summary: 'The user.' }],
  flags: { ...adoptFlag, ...globalFlags },
  directoryOnly: true,
  examples: [
    {
      command: 'head -c 24 /dev/urandom | base64 | tee password | tslog users set alice',
      explanation: 'With a new password, kept in a file',
    },
  ],
} as const satisfies CommandSpec
