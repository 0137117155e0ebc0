import { NO_TIMESTAMP } from '../base/brands.ts'
import type { Group } from '../coordinator/group.ts'
import type { LogStore } from '../store/log-store.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import { palette } from './format/colour.ts'
import { isoTime } from './format/human-units.ts'
import type { JsonValue } from './format/json-document.ts'
import { type Cell, type Column, renderTable } from './format/table.ts'
import { visibleText } from './format/visible-text.ts'
import { type GroupLag, groupLags, shownState } from './groups/group-lag.ts'
import { groupsNamed } from './groups/named-groups.ts'
import { openStore } from './open-store.ts'
import { printJson, printTable, resultStyle } from './results.ts'
import type { groupsDescribeSpec } from './specs/groups-describe.ts'
import { writeText } from './standard-streams.ts'

export type GroupsDescribeOptions = OptionsOf<typeof groupsDescribeSpec>

/** Shows what groups have committed and what they have still to read. */
export async function groupsDescribe(options: GroupsDescribeOptions, context: CliContext): Promise<number> {
  const store = await openStore(options, context)
  try {
    const described: DescribedGroup[] = []
    for (const group of await groupsNamed(store, options.groups)) described.push(await describe(store, group))
    if (options.groups.length === 0) {
      for (const group of await store.groups.all()) described.push(await describe(store, group))
    }
    if (options.json) printJson({ groups: described.map(jsonOf) }, context)
    else if (resultStyle(options, context).isTerminal) await printForPeople(described, options, context)
    else await printTable({ columns: [], rows: described.flatMap(lines) }, options, context)
    return 0
  } finally {
    store.close()
  }
}

interface DescribedGroup {
  readonly group: Group
  readonly state: string
  readonly lags: readonly GroupLag[]
}

async function describe(store: LogStore, group: Group): Promise<DescribedGroup> {
  return { group, state: shownState(group, store.groups), lags: await groupLags(store, group) }
}

function jsonOf({ group, state, lags }: DescribedGroup): JsonValue {
  return {
    group: group.groupId,
    type: group.type,
    protocolType: group.protocolType,
    protocol: group.protocol,
    generation: group.generationId,
    state,
    lag: lags.reduce((sum, { lag }) => sum + (lag ?? 0n), 0n),
    partitions: lags.map(({ member, committedAtMs, logEndOffset, lag, ...rest }) => ({
      ...rest,
      logEndOffset: logEndOffset ?? null,
      lag: lag ?? null,
      committedAt: committedAtMs === NO_TIMESTAMP ? null : committedAtMs,
      memberId: member?.memberId ?? null,
    })),
    members: group.members.map(({ memberId, groupInstanceId, clientId, clientHost }) => ({
      memberId,
      groupInstanceId,
      clientId,
      clientHost,
    })),
  }
}

/** `GROUP TOPIC PARTITION COMMITTED END LAG MEMBER HOST CLIENT COMMITTED-AT-MS`, as Kafka's tool orders them. */
function lines({ group, lags }: DescribedGroup): Cell[][] {
  return lags.map((one) => [
    group.groupId,
    ...partitionCells(one),
    ...memberCells(one),
    one.committedAtMs === NO_TIMESTAMP ? null : one.committedAtMs,
  ])
}

function partitionCells({ topic, partition, committedOffset, logEndOffset, lag }: GroupLag): Cell[] {
  return [topic, partition, committedOffset, logEndOffset ?? null, lag ?? null]
}

function memberCells({ member }: GroupLag): Cell[] {
  return member === undefined ? [null, null, null] : [member.memberId, member.clientHost, member.clientId]
}

async function printForPeople(
  described: readonly DescribedGroup[],
  options: GroupsDescribeOptions,
  context: CliContext,
): Promise<void> {
  const style = resultStyle(options, context)
  const { bold, dim } = palette(style.isColoured)
  for (const one of described) {
    const { group, state, lags } = one
    const facts = [state.toLowerCase(), group.type, ...(group.protocolType === '' ? [] : [group.protocolType])]
    const hasMembers = lags.some(({ member }) => member !== undefined)
    const rows = lags.map((lag) => [
      ...partitionCells(lag),
      lag.committedAtMs === NO_TIMESTAMP ? null : isoTime(lag.committedAtMs),
      ...(hasMembers ? memberCells(lag) : []),
    ])
    const table =
      rows.length === 0 ? 'no committed offsets\n' : await renderTable({ columns: columnsFor(hasMembers), rows }, style)
    writeText(context.stdout, `${bold(visibleText(group.groupId))}  ${dim(visibleText(facts.join(', ')))}\n${table}\n`)
  }
}

function columnsFor(hasMembers: boolean): Column[] {
  const numbers = ['Partition', 'Committed', 'End', 'Lag'].map((title) => ({ title, align: 'right' as const }))
  const members = hasMembers ? [{ title: 'Last member', rank: 2 }, { title: 'Host' }, { title: 'Client', rank: 1 }] : []
  return [{ title: 'Topic' }, ...numbers, { title: 'Committed at', rank: 3 }, ...members]
}
