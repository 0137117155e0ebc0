import type { CommandSpec } from '../command-spec.ts'
import { globalFlags } from './global-flags.ts'
import { groupFlag } from './group-flag.ts'

export const groupsDescribeSpec = {
  name: 'groups describe',
  summary: 'show committed offsets and lag of groups',
  description: [
    'Shows for each partition that a group has read: the committed offset, the log end offset, and the lag between them. Without a GROUP, all of them.',
    'In a pipe each partition is a line of fields with tabs between them: group, topic, partition, committed offset, log end offset, lag, member, host, client, time of the commit in ms. A - is something that is not there.',
  ],
  args: [
    {
      name: 'groups',
      label: 'GROUP',
      multiple: true,
      completes: 'groups',
      summary: 'The groups; all when none is named.',
    },
  ],
  flags: { ...groupFlag, ...globalFlags },
  examples: [
    { command: 'tslog groups describe nightly', explanation: 'One group' },
    { command: 'tslog groups describe --json', explanation: 'All groups as one JSON document' },
  ],
  exitCodes: { 3: 'A group is not there.' },
  habits: { '--all-groups': 'without a GROUP it is all; example: tslog groups describe' },
} as const satisfies CommandSpec
