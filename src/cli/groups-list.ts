import type { Group } from '../coordinator/group.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import { type GroupLag, groupLags, shownState } from './groups/group-lag.ts'
import { openStore } from './open-store.ts'
import { printJson, printTable, resultStyle } from './results.ts'
import type { groupsListSpec } from './specs/groups-list.ts'
import { writeText } from './standard-streams.ts'

export type GroupsListOptions = OptionsOf<typeof groupsListSpec>

/** Lists the consumer groups: their names in a pipe, with state and lag otherwise. */
export async function groupsList(options: GroupsListOptions, context: CliContext): Promise<number> {
  const store = await openStore(options, context)
  try {
    await store.topicNames()
    const groups = await store.groups.all()
    if (!options.json && !resultStyle(options, context).isTerminal) {
      writeText(context.stdout, groups.map(({ groupId }) => `${groupId}\n`).join(''))
      return 0
    }
    const rows: { group: Group; state: string; lag: bigint }[] = []
    for (const group of groups) {
      rows.push({ group, state: shownState(group, store.groups), lag: total(await groupLags(store, group)) })
    }
    await print(rows, options, context)
    return 0
  } finally {
    store.close()
  }
}

function total(lags: readonly GroupLag[]): bigint {
  return lags.reduce((sum, { lag }) => sum + (lag ?? 0n), 0n)
}

async function print(
  rows: readonly { readonly group: Group; readonly state: string; readonly lag: bigint }[],
  options: GroupsListOptions,
  context: CliContext,
): Promise<void> {
  if (options.json) {
    const groups = rows.map(({ group: { groupId, type, protocolType }, state, lag }) => ({
      group: groupId,
      type,
      protocolType,
      state,
      lag,
    }))
    return printJson({ groups }, context)
  }
  const columns = [{ title: 'Group' }, { title: 'State' }, { title: 'Lag', align: 'right' as const }]
  await printTable(
    { columns, rows: rows.map(({ group, state, lag }) => [group.groupId, state, lag]) },
    options,
    context,
  )
}
