import type { Group } from '../coordinator/group.ts'
import type { GroupHold, GroupMembership, GroupStore, OffsetToStore, WantedTopics } from './log-store.ts'

export interface LazyGroupsWays {
  /** Answered without what is loaded. */
  areMembersGone(): boolean
  load(): Promise<GroupStore>
}

/** Groups whose code is loaded by the first question: most commands have none. */
export class LazyGroups implements GroupStore {
  readonly #ways: LazyGroupsWays
  #loaded: Promise<GroupStore> | undefined

  constructor(ways: LazyGroupsWays) {
    this.#ways = ways
  }

  get areMembersGone(): boolean {
    return this.#ways.areMembersGone()
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
    this.#loaded ??= this.#ways.load()
    return this.#loaded
  }
}
