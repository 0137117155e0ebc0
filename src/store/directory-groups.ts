import type { Clock } from '../base/clock.ts'
import { LockedError, UsageError } from '../base/errors.ts'
import { commitOffsets, deleteGroup } from '../coordinator/group-commands.ts'
import { partitionFor, javaHash } from '../coordinator/group-partition.ts'
import { GroupTable } from '../coordinator/group-table.ts'
import type { Group } from '../coordinator/group.ts'
import { GROUPS_TOPIC, groupsTopicDefaults } from '../coordinator/groups-topic.ts'
import type { RecordToAppend } from '../coordinator/internal-record.ts'
import { replayBatch } from '../coordinator/replay-batch.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { plainBatchWindow } from '../record/batch-window.ts'
import { scanBatch } from '../record/log-batch.ts'
import { RecordBatchBuilder } from '../record/record-batch-builder.ts'
import { crc32c } from '../wire/crc32c.ts'
import type { BatchSource, GroupHold, GroupMembership, GroupStore, LogStore, OffsetToStore } from './log-store.ts'

export interface DirectoryGroupsOptions {
  readonly store: LogStore
  readonly fileSystem: FileSystem
  readonly clock: Clock
  /** The log directory. */
  readonly path: string
  /** Told of records and stretches of the log that could not be read, one line each. */
  readonly onWarning?: (warning: string) => void
  /** False also when there is no directory. */
  hasTopic(name: string): Promise<boolean>
}

/** The groups of a directory that no broker serves: its records are read and appended by the commands themselves. */
export class DirectoryGroups implements GroupStore {
  readonly areMembersGone = true
  readonly #options: DirectoryGroupsOptions

  constructor(options: DirectoryGroupsOptions) {
    this.#options = options
  }

  async groupIds(): Promise<string[]> {
    return (await this.all()).map(({ groupId }) => groupId)
  }

  async all(): Promise<Group[]> {
    if (!(await this.#options.hasTopic(GROUPS_TOPIC))) return []
    const { partitionCount } = await this.#options.store.topic(GROUPS_TOPIC)
    const groups: Group[] = []
    for (let partition = 0; partition < partitionCount; partition++) {
      groups.push(...(await this.#load(partition)).groups())
    }
    return groups.sort((one, other) => (one.groupId < other.groupId ? -1 : 1))
  }

  async find(groupId: string): Promise<Group | undefined> {
    if (!(await this.#options.hasTopic(GROUPS_TOPIC))) return undefined
    const { partitionCount } = await this.#options.store.topic(GROUPS_TOPIC)
    const table = await this.#load(partitionFor(groupId, partitionCount))
    const group = table.group(groupId)
    return group.state === 'Dead' ? undefined : group
  }

  async commit(groupId: string, offsets: readonly OffsetToStore[]): Promise<void> {
    if (offsets.length > 0) await this.#append(groupId, commitOffsets(groupId, offsets, this.#options.clock.now()))
  }

  /** Members that the records name are gone: no broker serves the directory. */
  async delete(group: Group): Promise<void> {
    const plan = deleteGroup(group, { areMembersGone: true })
    if (plan.kind === 'planned') await this.#append(group.groupId, plan.records)
  }

  async join(groupId: string): Promise<GroupMembership> {
    const hold = await this.hold(groupId)
    return {
      ...hold,
      assigned: undefined,
      isStale: false,
      rejoin: async () => undefined,
      commit: (offsets) => this.commit(groupId, offsets),
    }
  }

  async hold(groupId: string): Promise<GroupHold> {
    if (groupId === '') throw new UsageError('a group needs a name', { hint: 'such as -g nightly' })
    // A directory that is not ours to write is told now, with nothing read and no file made.
    await this.#options.store.prepareToWrite()
    await this.#makeTopic()
    const path = `${this.#options.path}/tslog-group-${hashOf(groupId)}.lock`
    const file = this.#options.fileSystem.open(path, 'create')
    if (!file.lock('exclusive', 0)) {
      file.close()
      throw new LockedError(`another process consumes with group ${JSON.stringify(groupId)}`, {
        hint: 'wait for it to end, or use another group',
      })
    }
    return { release: async () => file.close() }
  }

  async #makeTopic(): Promise<void> {
    if (await this.#options.hasTopic(GROUPS_TOPIC)) return
    const topic = { name: GROUPS_TOPIC, ...groupsTopicDefaults }
    await this.#options.store.createTopic(topic)
  }

  async #append(groupId: string, records: readonly RecordToAppend[]): Promise<void> {
    await this.#makeTopic()
    const appender = await this.#options.store.openAppender(GROUPS_TOPIC)
    const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: appender.config.maxMessageBytes })
    const timestamp = this.#options.clock.now()
    const partition = partitionFor(groupId, appender.partitionCount)
    const send = async (): Promise<void> => {
      await appender.append(partition, { bytes: builder.build(), durability: 'now', moreFollows: false })
      builder.reset()
    }
    for (const { key, value } of records) {
      const record = { key, value, timestamp }
      if (builder.append(record)) continue
      await send()
      builder.append(record)
    }
    await send()
  }

  async #load(partition: number): Promise<GroupTable> {
    const table = new GroupTable()
    const source = await this.#options.store.openSource({ topic: GROUPS_TOPIC, partition }, 'read_uncommitted')
    const warn = (text: string): void => this.#options.onWarning?.(`${GROUPS_TOPIC}-${partition}: ${text}`)
    try {
      await replayAll(source, table, warn)
    } finally {
      source.close()
    }
    const [first] = table.unreadable
    if (first !== undefined) {
      warn(`${table.unreadableCount} records could not be read, the first at offset ${first.offset}: ${first.reason}`)
    }
    return table
  }
}

const windowBytes = 64 * 1024

async function replayAll(source: BatchSource, table: GroupTable, warn: (text: string) => void): Promise<void> {
  let window = plainBatchWindow(windowBytes)
  for (;;) {
    const read = await source.read(window)
    if (read.kind === 'end') return
    if (read.kind === 'large') window = plainBatchWindow(read.sizeInBytes)
    if (read.kind === 'damage') {
      const { path, position, firstOffset, nextOffset, reason } = read.damage
      warn(`${path}: damaged at byte ${position}, offsets ${firstOffset} to ${nextOffset - 1n}: ${reason}`)
    }
    if (read.kind !== 'batches') continue
    for (let at = 0; at < read.end;) {
      const scanned = scanBatch(window.bytes, at, read.end)
      if (scanned.kind !== 'batch') break
      replayBatch(scanned.batch, table, warn)
      at += scanned.batch.sizeInBytes
    }
  }
}

/** 16 hex digits; two groups that share them only wait for each other. */
function hashOf(groupId: string): string {
  const bytes = new TextEncoder().encode(groupId)
  const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0')
  return hex(crc32c(bytes)) + hex(javaHash(groupId))
}
