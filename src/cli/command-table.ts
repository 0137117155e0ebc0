import type { CommandSpec } from './command-spec.ts'

/** A command as lists show it; the whole specification is loaded when it is needed. */
export interface CommandEntry {
  readonly name: string
  /** For lists of commands; short enough for a line of the help. */
  readonly brief: string
  /** The overview only names it. */
  readonly isRare?: true
  readonly load: () => Promise<CommandSpec>
}

/** Every command, in the order of the help: those of the day first. */
export const commandTable: readonly CommandEntry[] = [
  {
    name: 'produce',
    brief: 'append records: each line of stdin or of files is one',
    load: async () => (await import('./specs/produce.ts')).produceSpec,
  },
  {
    name: 'consume',
    brief: 'print records from the start to the end',
    load: async () => (await import('./specs/consume.ts')).consumeSpec,
  },
  {
    name: 'tail',
    brief: 'print the last records, then follow',
    load: async () => (await import('./specs/tail.ts')).tailSpec,
  },
  {
    name: 'topics list',
    brief: 'list the topics',
    load: async () => (await import('./specs/topics-list.ts')).topicsListSpec,
  },
  {
    name: 'topics describe',
    brief: 'show partitions, offsets, sizes and configuration',
    load: async () => (await import('./specs/topics-describe.ts')).topicsDescribeSpec,
  },
  {
    name: 'topics create',
    brief: 'create topics',
    load: async () => (await import('./specs/topics-create.ts')).topicsCreateSpec,
  },
  {
    name: 'topics alter',
    brief: 'change the configuration or add partitions',
    load: async () => (await import('./specs/topics-alter.ts')).topicsAlterSpec,
  },
  {
    name: 'topics delete',
    brief: 'delete topics with all their records',
    load: async () => (await import('./specs/topics-delete.ts')).topicsDeleteSpec,
  },
  {
    name: 'topics trim',
    brief: 'delete the oldest records',
    load: async () => (await import('./specs/topics-trim.ts')).topicsTrimSpec,
  },
  {
    name: 'offsets',
    brief: 'start and end offsets, or the offset of a time',
    load: async () => (await import('./specs/offsets.ts')).offsetsSpec,
  },
  {
    name: 'groups list',
    brief: 'list the consumer groups',
    load: async () => (await import('./specs/groups-list.ts')).groupsListSpec,
  },
  {
    name: 'groups describe',
    brief: 'show committed offsets and lag',
    load: async () => (await import('./specs/groups-describe.ts')).groupsDescribeSpec,
  },
  {
    name: 'groups reset',
    brief: 'set the committed offsets',
    load: async () => (await import('./specs/groups-reset.ts')).groupsResetSpec,
  },
  {
    name: 'groups delete',
    brief: 'forget groups and their offsets',
    load: async () => (await import('./specs/groups-delete.ts')).groupsDeleteSpec,
  },
  {
    name: 'retention',
    brief: 'delete old segments, as retention.ms and .bytes say',
    load: async () => (await import('./specs/retention.ts')).retentionSpec,
  },
  {
    name: 'stats',
    brief: 'counts, bytes, rates over time, codecs, top keys',
    load: async () => (await import('./specs/stats.ts')).statsSpec,
  },
  {
    name: 'dump',
    brief: 'what is in a segment or index file',
    isRare: true,
    load: async () => (await import('./specs/dump.ts')).dumpSpec,
  },
  {
    name: 'compact',
    brief: 'keep the last value of each key',
    load: async () => (await import('./specs/compact.ts')).compactSpec,
  },
  {
    name: 'verify',
    brief: 'check every batch, index and checkpoint',
    load: async () => (await import('./specs/verify.ts')).verifySpec,
  },
  {
    name: 'repair',
    brief: 'mend what verify finds',
    load: async () => (await import('./specs/repair.ts')).repairSpec,
    isRare: true,
  },
  {
    name: 'replicate',
    brief: 'copy topics to a peer, or from one',
    load: async () => (await import('./specs/replicate.ts')).replicateSpec,
  },
  {
    name: 'serve',
    brief: 'serve the directory as a Kafka broker',
    load: async () => (await import('./specs/serve.ts')).serveSpec,
  },
  {
    name: 'users set',
    brief: 'let a user log in to serve, or change the password',
    isRare: true,
    load: async () => (await import('./specs/users-set.ts')).usersSetSpec,
  },
  {
    name: 'users list',
    brief: 'list who may log in to serve',
    isRare: true,
    load: async () => (await import('./specs/users-list.ts')).usersListSpec,
  },
  {
    name: 'users delete',
    brief: 'let users log in no more',
    isRare: true,
    load: async () => (await import('./specs/users-delete.ts')).usersDeleteSpec,
  },
  {
    name: 'close',
    brief: 'make the directory ready for Apache Kafka',
    isRare: true,
    load: async () => (await import('./specs/close.ts')).closeSpec,
  },
  {
    name: 'init',
    brief: 'write a config file',
    isRare: true,
    load: async () => (await import('./specs/init.ts')).initSpec,
  },
  {
    name: 'completion',
    brief: 'completion script for bash, zsh or fish',
    isRare: true,
    load: async () => (await import('./specs/completion.ts')).completionSpec,
  },
]

/** The commands under a word, without the word: `list`, `describe`, ... */
export function subcommandsOf(group: string): { readonly word: string; readonly brief: string }[] {
  return commandTable
    .filter(({ name }) => name.startsWith(`${group} `))
    .map(({ name, brief }) => ({ word: name.slice(group.length + 1), brief }))
}

/** The first words of all commands; a word with commands under it tells these. */
export function topLevelWords(entries = commandTable): { readonly word: string; readonly brief: string }[] {
  const briefs = new Map<string, string>()
  for (const { name, brief } of entries) {
    const [word = '', subcommand] = name.split(' ')
    const before = briefs.get(word)
    briefs.set(word, subcommand === undefined ? brief : before === undefined ? subcommand : `${before}, ${subcommand}`)
  }
  return [...briefs].map(([word, brief]) => ({ word, brief }))
}

/** Loads every specification, in the order of the help. */
export function allSpecs(): Promise<CommandSpec[]> {
  return Promise.all(commandTable.map((entry) => entry.load()))
}
