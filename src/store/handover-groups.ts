import { ServedError, TemporaryError } from '../base/errors.ts'
import type { Group } from '../coordinator/group.ts'
import type { DirectoryDoor } from './directory-door.ts'
import type {
  GroupHold,
  GroupMembership,
  GroupStore,
  OffsetToStore,
  TopicPartition,
  WantedTopics,
} from './log-store.ts'

/** The groups of a directory: a server's while there is one, which knows their members; else those of the files. */
export class HandoverGroups implements GroupStore {
  readonly #door: DirectoryDoor

  constructor(door: DirectoryDoor) {
    this.#door = door
  }

  get areMembersGone(): boolean {
    return !this.#door.isServed()
  }

  groupIds(): Promise<string[]> {
    return this.#door.change((store) => store.groups.groupIds())
  }

  all(): Promise<Group[]> {
    return this.#door.change((store) => store.groups.all())
  }

  find(groupId: string): Promise<Group | undefined> {
    return this.#door.change((store) => store.groups.find(groupId))
  }

  commit(groupId: string, offsets: readonly OffsetToStore[]): Promise<void> {
    return this.#door.change((store) => store.groups.commit(groupId, offsets))
  }

  delete(group: Group): Promise<void> {
    return this.#door.change((store) => store.groups.delete(group))
  }

  hold(groupId: string): Promise<GroupHold> {
    return this.#door.change((store) => store.groups.hold(groupId))
  }

  join(groupId: string, wanted: WantedTopics): Promise<GroupMembership> {
    return HandoverMembership.join(groupId, wanted, this.#door)
  }
}

/** A consumer of a group that stays one when a server comes or goes: it is stale then, and joins where the group is now. */
class HandoverMembership implements GroupMembership {
  readonly #groupId: string
  readonly #wanted: WantedTopics
  readonly #door: DirectoryDoor
  #current: GroupMembership
  #isServed: boolean

  private constructor(groupId: string, wanted: WantedTopics, world: { door: DirectoryDoor; joined: Joined }) {
    this.#groupId = groupId
    this.#wanted = wanted
    this.#door = world.door
    this.#current = world.joined.membership
    this.#isServed = world.joined.isServed
  }

  static async join(groupId: string, wanted: WantedTopics, door: DirectoryDoor): Promise<HandoverMembership> {
    return new HandoverMembership(groupId, wanted, { door, joined: await join(groupId, wanted, door) })
  }

  get assigned(): readonly TopicPartition[] | undefined {
    return this.#current.assigned
  }

  get isStale(): boolean {
    return this.#current.isStale || this.#isServed !== this.#door.isServed()
  }

  async rejoin(): Promise<void> {
    if (this.#isServed === this.#door.isServed()) return this.#current.rejoin()
    await this.#current.release()
    const { membership, isServed } = await join(this.#groupId, this.#wanted, this.#door)
    this.#current = membership
    this.#isServed = isServed
  }

  /** What was read counts, also when the group is somewhere else by now. */
  async commit(offsets: readonly OffsetToStore[]): Promise<void> {
    try {
      await this.#current.commit(offsets)
    } catch (error) {
      const hasMoved = error instanceof ServedError || (error instanceof TemporaryError && !this.#door.isServed())
      if (!hasMoved) throw error
      await this.#door.change((store) => store.groups.commit(this.#groupId, offsets))
    }
  }

  release(): Promise<void> {
    return this.#current.release()
  }
}

interface Joined {
  readonly membership: GroupMembership
  readonly isServed: boolean
}

async function join(groupId: string, wanted: WantedTopics, door: DirectoryDoor): Promise<Joined> {
  return door.change(async (store) => {
    const isServed = store !== door.files
    return { membership: await store.groups.join(groupId, wanted), isServed }
  })
}
