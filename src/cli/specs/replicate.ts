import type { CommandSpec } from '../command-spec.ts'
import { globalFlags } from './global-flags.ts'
import { topicFlag } from './shared-flags.ts'

export const replicateSpec = {
  name: 'replicate',
  summary: 'copy topics to a peer, or from one, by what is missing',
  description: [
    'Copies each TOPIC, which may be a pattern such as "app-*", from the log directory to PEER; with --from, from PEER into the log directory. Only what is missing travels. The copy is the same byte for byte: offsets, timestamps, producers, leader epochs, topic id and configuration. A run that was cut short goes on where it was.',
    'PEER is ssh://[user@]host[:port]/dir (tslog runs on the far side too; no daemon is needed; ssh://host/~/dir lies under the home directory), tcp://host:port or tcps://host:port (a running tslog serve, where it takes CLUSTER_ACTION; TLS and login are set up as for -b), kafka://host:port or kafkas://host:port (any Kafka cluster, with TLS and login likewise; records that go there get offsets of its own, each once), the path of a directory with a / in it, or bundle:FILE, one file to be carried. Where a directory is held by a tslog serve the copy goes through that.',
    'What the retention, compaction or a trim took away at the source goes in the copy too, unless --keep. A copy that holds what its source does not have is an error (exit 5) and nothing is written, unless --overwrite-diverged. In kafka:// nothing is cut: what the source has instead goes behind what is there.',
    'With --dry-run it shows each partition that would change; in a pipe as a line of fields with tabs between them: topic, partition, where the copy ends, where the source ends, bytes, and where the copy would be cut back and trimmed to.',
  ],
  args: [
    {
      name: 'operands',
      label: 'TOPIC... PEER',
      required: true,
      multiple: true,
      completes: 'topics',
      summary: 'The topics, or patterns of their names, and behind them the peer.',
    },
  ],
  flags: {
    from: { kind: 'bool', summary: 'Copy from PEER into the log directory.' },
    all: { kind: 'bool', char: 'a', summary: 'All topics but the internal ones.' },
    partition: {
      kind: 'string',
      char: 'p',
      value: 'N[,N...]',
      example: '0,3-5',
      repeated: true,
      aliases: ['partitions'],
      summary: 'Only these partitions.',
    },
    groups: { kind: 'bool', summary: 'Also what consumer groups have committed for these topics.' },
    keep: { kind: 'bool', summary: 'Keep old records that the source has no more.' },
    'overwrite-diverged': {
      kind: 'bool',
      summary:
        'Cut a copy that has diverged back to where it left its source. Asks on a terminal; elsewhere it needs --yes.',
    },
    yes: { kind: 'bool', char: 'y', summary: 'Do not ask.' },
    follow: {
      kind: 'bool',
      char: 'f',
      summary:
        'Go on: copy what comes as soon as it does, and connect again after a break. With --json one line an event: copied, broken, stopped.',
    },
    bwlimit: {
      kind: 'size',
      value: 'BYTES',
      example: '10M',
      min: 1024,
      summary: 'At most so many bytes a second.',
    },
    'dry-run': { kind: 'bool', char: 'n', summary: 'Only say what would be done.' },
    compress: { kind: 'bool', char: 'z', summary: 'Compress what travels over ssh:// and tcp://, for slow links.' },
    since: {
      kind: 'string',
      value: 'LAST',
      example: 'monday.bundle',
      summary: 'With bundle:FILE, only what has come since the bundle LAST was made.',
      completes: 'files',
    },
    'ssh-command': {
      kind: 'string',
      value: 'COMMAND',
      example: '"ssh -i key"',
      default: 'ssh',
      summary: 'The program that connects, with words of its own; quotes hold one together.',
    },
    'remote-tslog': {
      kind: 'string',
      value: 'PATH',
      example: '/opt/tslog/bin/tslog',
      default: 'tslog',
      summary: 'Where tslog is on the far side.',
    },
    ...topicFlag,
    ...globalFlags,
  },
  conflicts: [
    ['dry-run', 'follow'],
    ['dry-run', 'yes'],
  ],
  examples: [
    { command: 'tslog replicate app-logs ssh://log@host/~/logs', explanation: 'Ship a topic; a line for cron' },
    { command: 'tslog replicate "app-*" --from ssh://host/~/log -n', explanation: 'What would be fetched' },
    { command: 'tslog replicate app-logs ./copy', explanation: 'Bring a copy of a topic up to date' },
    { command: 'tslog replicate --all ./usb/logs -n', explanation: 'What would be copied of all topics' },
    { command: 'tslog replicate app-logs bundle:monday.bundle', explanation: 'One file to be carried' },
    {
      command: 'tslog replicate app-logs bundle:tuesday.bundle --since monday.bundle',
      explanation: 'What has come since then',
    },
  ],
  exitCodes: {
    3: 'A topic or partition is not there.',
    5: 'The copy has diverged from its source, or the source is damaged.',
    75: 'The peer cannot be reached, or its disk is full; the next run goes on.',
  },
  directoryOnly: true,
  habits: {
    '--delete': 'a copy follows its source, whatever that deletes; --keep turns that off',
    '--archive': 'everything is the same in the copy by itself',
    '-e': 'that is --ssh-command; example: tslog replicate app-logs ssh://host/srv/logs --ssh-command "ssh -p 2222"',
    '--rsh': 'that is --ssh-command; example: tslog replicate app-logs ssh://host/srv/logs --ssh-command "ssh -p 2222"',
    '--rsync-path':
      'that is --remote-tslog; example: tslog replicate app-logs ssh://host/srv/logs --remote-tslog /opt/tslog',
  },
} as const satisfies CommandSpec
