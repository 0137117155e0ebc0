import { NotFoundError } from '../../base/errors.ts'
import { nearest } from '../../base/nearest-name.ts'
import type { Group } from '../../coordinator/group.ts'
import type { LogStore } from '../../store/log-store.ts'
import { quoted } from '../format/visible-text.ts'

/** The groups of these names, in that order. Throws `NotFoundError` that names the nearest one. */
export async function groupsNamed(store: LogStore, names: readonly string[]): Promise<Group[]> {
  // A missing directory is said before a missing group.
  await store.topicNames()
  const groups: Group[] = []
  for (const name of new Set(names)) groups.push((await store.groups.find(name)) ?? (await missing(store, name)))
  return groups
}

async function missing(store: LogStore, name: string): Promise<never> {
  const near = nearest(name, await store.groups.groupIds())
  throw new NotFoundError(`group ${quoted(name)} is not in ${store.name}`, {
    hint: near === undefined ? 'tslog groups list shows what is there' : `did you mean ${near}?`,
  })
}
