import { LockedError } from '../base/errors.ts'
import type { Group } from '../coordinator/group.ts'
import type { LogStore } from '../store/log-store.ts'
import type { OptionsOf } from './command-spec.ts'
import { isConfirmed } from './confirmation.ts'
import type { CliContext } from './context.ts'
import { groupsNamed } from './groups/named-groups.ts'
import { openStore } from './open-store.ts'
import { counted, printJson, printTable, say } from './results.ts'
import type { groupsDeleteSpec } from './specs/groups-delete.ts'

export type GroupsDeleteOptions = OptionsOf<typeof groupsDeleteSpec>

/** Forgets groups. When one of them is not there or in use, none is touched. */
export async function groupsDelete(options: GroupsDeleteOptions, context: CliContext): Promise<number> {
  const store = await openStore(options, context)
  try {
    const groups = await groupsNamed(store, options.groups)
    for (const group of groups) refuseMembers(store, group)
    if (options.dryRun) {
      await printPlan(groups, options, context)
      return 0
    }
    const text = `Forget ${groups.map(({ groupId }) => groupId).join(', ')} with all committed offsets?`
    const example = `tslog groups delete ${options.groups.join(' ')} --yes`
    if (!(await isConfirmed({ text, example, yes: options.yes }, context))) {
      say('nothing was deleted', options, context)
      return 1
    }
    await deleteAll(store, groups)
    for (const { groupId } of groups) say(`deleted group ${groupId}`, options, context)
    if (options.json) printJson({ deleted: groups.map(jsonOf) }, context)
    return 0
  } finally {
    store.close()
  }
}

function refuseMembers({ groups }: LogStore, { groupId, memberIds }: Group): void {
  if (groups.areMembersGone || memberIds.length === 0) return
  throw new LockedError(`group ${groupId} is in use by ${counted(memberIds.length, 'member')}`, {
    hint: 'stop them first',
  })
}

/** Holds all of them before the first is deleted. */
async function deleteAll(store: LogStore, groups: readonly Group[]): Promise<void> {
  const holds = []
  try {
    for (const { groupId } of groups) holds.push(await store.groups.hold(groupId))
    for (const group of groups) await store.groups.delete(group)
  } finally {
    for (const hold of holds) await hold.release()
  }
}

function jsonOf(group: Group): { group: string; offsets: number } {
  return { group: group.groupId, offsets: offsetCount(group) }
}

function offsetCount({ offsets }: Group): number {
  return [...offsets.values()].reduce((sum, partitions) => sum + partitions.size, 0)
}

async function printPlan(groups: readonly Group[], options: GroupsDeleteOptions, context: CliContext): Promise<void> {
  if (options.json) return printJson({ dryRun: true, wouldDelete: groups.map(jsonOf) }, context)
  const columns = [{ title: 'Would delete' }, { title: 'Committed offsets', align: 'right' as const }]
  await printTable({ columns, rows: groups.map((group) => [group.groupId, offsetCount(group)]) }, options, context)
}
