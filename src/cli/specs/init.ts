import type { CommandSpec } from '../command-spec.ts'
import { globalFlags } from './global-flags.ts'

export const initSpec = {
  name: 'init',
  summary: 'ask where the log is and write a config file',
  description: [
    'Asks where the log is and writes the answer to ./tslog.properties, or with --user to tslog.properties in $XDG_CONFIG_HOME/tslog. What a flag says is not asked; with --yes, or without a terminal, nothing is asked and the defaults are taken.',
    'Lines that may be added by hand say how commands speak to people: color=never, quiet=true and verbose=true stand for --no-color, -q and -v. What goes to a pipe depends on no file.',
  ],
  args: [],
  flags: {
    user: { kind: 'bool', summary: 'For this user everywhere, not only for the current directory.' },
    yes: { kind: 'bool', char: 'y', summary: 'Ask nothing and take the defaults.' },
    force: { kind: 'bool', summary: 'Replace a config file that is there.' },
    ...globalFlags,
  },
  conflicts: [['dir', 'bootstrap-server']],
  examples: [
    { command: 'tslog init', explanation: 'Questions, then ./tslog.properties' },
    { command: 'tslog init --dir /var/lib/tslog --user --yes', explanation: 'Without questions, for this user' },
  ],
} as const satisfies CommandSpec
