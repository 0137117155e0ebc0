import { offset, type TimestampMs } from '../base/brands.ts'
import { assert } from '../base/assert.ts'
import { LockedError, NotFoundError } from '../base/errors.ts'
import type { Group } from '../coordinator/group.ts'
import { resetOffsets, type ResetPlan } from '../coordinator/group-commands.ts'
import { type OffsetChange, type PartitionToReset, type ResetTarget, resetTime } from '../coordinator/offset-reset.ts'
import type { LogStore } from '../store/log-store.ts'
import type { OptionsOf } from './command-spec.ts'
import { isConfirmed } from './confirmation.ts'
import type { CliContext } from './context.ts'
import { groupsNamed } from './groups/named-groups.ts'
import { partitionsToReset } from './groups/partitions-to-reset.ts'
import { openStore } from './open-store.ts'
import { counted, printJson, printTable, say } from './results.ts'
import type { groupsResetSpec } from './specs/groups-reset.ts'
import { parseTime } from './values/time-expression.ts'

export type GroupsResetOptions = OptionsOf<typeof groupsResetSpec>

/** Moves the committed offsets of a group, and holds the group meanwhile. */
export async function groupsReset(options: GroupsResetOptions, context: CliContext): Promise<number> {
  const now = context.clock.now()
  const target = targetOf(options, now)
  const store = await openStore(options, context)
  try {
    const known = await groupToReset(store, options)
    const logs = await partitionsToReset(store, { group: known, options, time: resetTime(target, now), context })
    const hold = options.dryRun ? undefined : await store.groups.hold(options.group)
    try {
      // Nobody commits from here on, so this is what the change starts from.
      const group = await groupToReset(store, options)
      const changes = changesOf(plan(store, { group, target, logs, now }))
      if (!options.dryRun && !(await commit(store, changes, { options, context }))) return 1
      await print(changes, options, context)
      return 0
    } finally {
      await hold?.release()
    }
  } finally {
    store.close()
  }
}

function targetOf(options: GroupsResetOptions, now: TimestampMs): ResetTarget {
  if (options.toEarliest) return { kind: 'earliest' }
  if (options.toLatest) return { kind: 'latest' }
  if (options.toOffset !== undefined) return { kind: 'offset', offset: offset(BigInt(options.toOffset)) }
  if (options.shiftBy !== undefined) return { kind: 'shiftBy', by: BigInt(options.shiftBy) }
  if (options.byDuration !== undefined) return { kind: 'byDuration', durationMs: options.byDuration }
  assert(options.toDatetime !== undefined, 'one of the targets is given')
  return { kind: 'datetime', timestamp: parseTime(options.toDatetime, { flag: '--to-datetime', now }) }
}

/** As Kafka's tool, a group that is not there is made when the topics are named; else it would stand nowhere. */
async function groupToReset(store: LogStore, { group: name, topic }: GroupsResetOptions): Promise<Group> {
  if (topic.length === 0) {
    const [group] = await groupsNamed(store, [name])
    assert(group !== undefined, 'a group that is not there throws')
    return group
  }
  return (await store.groups.find(name)) ?? newGroup(name)
}

function newGroup(groupId: string): Group {
  return {
    groupId,
    type: 'classic',
    state: 'Dead',
    protocolType: '',
    protocol: null,
    generationId: -1,
    leader: null,
    members: [],
    memberIds: [],
    offsets: new Map(),
    otherKeys: [],
  }
}

interface Reset {
  readonly group: Group
  readonly target: ResetTarget
  readonly logs: readonly PartitionToReset[]
  readonly now: TimestampMs
}

function plan({ groups }: LogStore, { group, target, logs, now }: Reset): ResetPlan {
  return resetOffsets({ group, target, partitions: logs, areMembersGone: groups.areMembersGone }, now)
}

function changesOf(planned: ResetPlan): readonly OffsetChange[] {
  switch (planned.kind) {
    case 'planned':
      return planned.changes
    case 'groupHasMembers':
      throw new LockedError(`group ${planned.groupId} is in use by ${counted(planned.memberIds.length, 'member')}`, {
        hint: 'stop them first: they would commit over it',
      })
    case 'noCommittedOffset':
      throw new NotFoundError(
        `--shift-by: the group has no committed offset in ${planned.topic}:${planned.partition}`,
        { hint: 'use --to-offset, --to-earliest or --to-latest there' },
      )
  }
}

interface Invocation {
  readonly options: GroupsResetOptions
  readonly context: CliContext
}

/** False when the user said no. */
async function commit(
  store: LogStore,
  changes: readonly OffsetChange[],
  { options, context }: Invocation,
): Promise<boolean> {
  if (changes.length === 0) return true
  const text = `Set ${counted(changes.length, 'committed offset')} of group ${options.group}?`
  if (!options.yes && !options.json) await preview(changes, { options, context })
  const example = `tslog groups reset ${options.group} ${spelling(options)} --yes`
  if (!(await isConfirmed({ text, example, yes: options.yes }, context))) {
    say('nothing was changed', options, context)
    return false
  }
  const offsets = changes.map(({ topic, partition, to }) => ({ topic, partition, offset: to }))
  await store.groups.commit(options.group, offsets)
  return true
}

/** The flags that say what to reset and to where, as they are typed. */
function spelling(options: GroupsResetOptions): string {
  const { topic, partition, toOffset, toDatetime, byDuration, shiftBy } = options
  const words = [...topic.map((one) => `--topic ${one}`), ...partition.map((one) => `-p ${one}`)]
  if (options.toEarliest) words.push('--to-earliest')
  if (options.toLatest) words.push('--to-latest')
  if (toOffset !== undefined) words.push(`--to-offset ${toOffset}`)
  if (toDatetime !== undefined) words.push(`--to-datetime ${JSON.stringify(toDatetime)}`)
  if (byDuration !== undefined) words.push(`--by-duration ${byDuration}ms`)
  if (shiftBy !== undefined) words.push(`--shift-by ${shiftBy}`)
  return words.join(' ')
}

/** What the question is about; only where it can be asked. */
async function preview(changes: readonly OffsetChange[], { options, context }: Invocation): Promise<void> {
  if (context.isTerminal(context.stdin) && context.isTerminal(context.stdout)) await print(changes, options, context)
}

const notes: Readonly<Record<NonNullable<OffsetChange['note']>, string>> = {
  movedToStart: 'before the log: its start',
  movedToEnd: 'behind the log: its end',
  noRecordAtTime: 'no record that late: the end',
}

async function print(
  changes: readonly OffsetChange[],
  options: GroupsResetOptions,
  context: CliContext,
): Promise<void> {
  if (options.json) {
    const offsets = changes.map(({ topic, partition, from, to, note }) => ({
      topic,
      partition,
      from: from ?? null,
      to,
      note,
    }))
    return printJson({ group: options.group, dryRun: options.dryRun, offsets }, context)
  }
  const numbers = ['Partition', 'Before', 'After'].map((title) => ({ title, align: 'right' as const }))
  const columns = [{ title: 'Topic' }, ...numbers, { title: 'Note' }]
  const rows = changes.map(({ topic, partition, from, to, note }) => [
    topic,
    partition,
    from ?? null,
    to,
    note === undefined ? null : notes[note],
  ])
  await printTable({ columns, rows }, options, context)
}
