import type { CommandSpec } from '../command-spec.ts'
import { globalFlags } from './global-flags.ts'

export const completionSpec = {
  name: 'completion',
  summary: 'print a shell completion script for bash, zsh or fish',
  description: [
    'Prints a script for the shell to read, to be put where the shell looks for such scripts (make the directory first). It completes commands, flags and their values, and the names of topics and groups from the log itself.',
  ],
  args: [
    {
      name: 'shell',
      label: 'SHELL',
      required: true,
      options: ['bash', 'zsh', 'fish'],
      summary: 'bash, zsh or fish.',
    },
  ],
  flags: globalFlags,
  examples: [
    { command: 'tslog completion bash > ~/.local/share/bash-completion/completions/tslog', explanation: 'For bash' },
    { command: 'tslog completion zsh > ~/.zfunc/_tslog', explanation: 'For zsh, with ~/.zfunc in its fpath' },
    { command: 'tslog completion fish > ~/.config/fish/completions/tslog.fish', explanation: 'For fish' },
  ],
} as const satisfies CommandSpec
