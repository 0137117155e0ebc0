import type { CommandSpec } from '../command-spec.ts'
import { adoptFlag } from './shared-flags.ts'
import { globalFlags } from './global-flags.ts'

export const closeSpec = {
  name: 'close',
  summary: 'make the directory ready for Apache Kafka to open',
  description: [
    'Recovers every partition, trims the indexes, syncs all files and marks the directory as cleanly shut down, so that a broker opens it without recovery. Refused while another process has it open. With damage in a partition nothing is marked: the broker would cut that log there.',
  ],
  args: [],
  flags: { ...adoptFlag, ...globalFlags },
  directoryOnly: true,
  examples: [{ command: 'tslog -d /var/lib/tslog close', explanation: 'Before a broker starts on the directory' }],
  exitCodes: { 3: 'The directory is not there.', 5: 'A partition is damaged.', 6: 'The directory is in use.' },
} as const satisfies CommandSpec
