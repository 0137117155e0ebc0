import type { Group } from '../coordinator/group.ts'
import type { DirectoryGroupsOptions } from './directory-groups.ts'
import type { GroupHold, GroupMembership, GroupStore, OffsetToStore, WantedTopics } from './log-store.ts'

/** The groups of a directory, whose code is loaded by the first question: most commands have none. */
export class LazyGroups implements GroupStore {
  readonly areMembersGone = true
  readonly #options: DirectoryGroupsOptions
  #loaded: Promise<GroupStore> | undefined

  constructor(options: DirectoryGroupsOptions) {
    this.#options = options
  }

  async groupIds(): Promise<string[]> {
    return (await this.#load()).groupIds()
  }

  async all(): Promise<Group[]> {
    return (await this.#load()).all()
  }

  async find(groupId: string): Promise<Group | undefined> {
    return (await this.#load()).find(groupId)
  }

  async commit(groupId: string, offsets: readonly OffsetToStore[]): Promise<void> {
    return (await this.#load()).commit(groupId, offsets)
  }

  async delete(group: Group): Promise<void> {
    return (await this.#load()).delete(group)
  }

  async hold(groupId: string): Promise<GroupHold> {
    return (await this.#load()).hold(groupId)
  }

  async join(groupId: string, wanted: WantedTopics): Promise<GroupMembership> {
    return (await this.#load()).join(groupId, wanted)
  }

  #load(): Promise<GroupStore> {
    this.#loaded ??= import('./directory-groups.ts').then(({ DirectoryGroups }) => new DirectoryGroups(this.#options))
    return this.#loaded
  }
}
