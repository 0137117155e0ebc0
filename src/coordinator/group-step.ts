import type { TimestampMs } from '../base/brands.ts'
import type { Random } from '../base/random.ts'
import type { JoinGroupResponse } from '../protocol/messages/join-group.ts'
import type { SyncGroupResponse } from '../protocol/messages/sync-group.ts'
import type { GroupCoordinatorConfig } from './group-coordinator-config.ts'
import type { RecordToAppend } from './internal-record.ts'

/** The caller's name for a request whose answer may come later than the call. */
export type RequestId = number

/** The answer of a request that may have waited. */
export type GroupAnswer =
  | { readonly api: 'JoinGroup'; readonly to: RequestId; readonly response: JoinGroupResponse }
  | { readonly api: 'SyncGroup'; readonly to: RequestId; readonly response: SyncGroupResponse }

export interface GroupStepOptions {
  /** The time of day, for what records say. */
  readonly now: TimestampMs
  /** Milliseconds on a clock that never jumps, for deadlines. */
  readonly uptimeMs: number
  readonly config: GroupCoordinatorConfig
  readonly random: Random
}

/**
 * One step of a coordinator: what it is told when it begins, and what it asks for. The records are to be appended to the
 * group's partition first, all of them or none; the answers, and whatever the call returned, go out once they are durable.
 */
export class GroupStep {
  readonly now: TimestampMs
  readonly uptimeMs: number
  readonly config: GroupCoordinatorConfig
  readonly random: Random
  readonly #records: RecordToAppend[] = []
  readonly #answers: GroupAnswer[] = []
  #wakeAtMs = Infinity

  constructor({ now, uptimeMs, config, random }: GroupStepOptions) {
    this.now = now
    this.uptimeMs = uptimeMs
    this.config = config
    this.random = random
  }

  get records(): readonly RecordToAppend[] {
    return this.#records
  }

  get answers(): readonly GroupAnswer[] {
    return this.#answers
  }

  /** When the group is to be woken, at the latest, on the clock of `uptimeMs`; `Infinity` when this step set no deadline. */
  get wakeAtMs(): number {
    return this.#wakeAtMs
  }

  /** A deadline that begins now: every deadline of a group is made here, or `wakeAtMs` would not know of it. */
  deadlineIn(ms: number): number {
    const deadlineMs = this.uptimeMs + ms
    this.wakeBy(deadlineMs)
    return deadlineMs
  }

  wakeBy(deadlineMs: number): void {
    this.#wakeAtMs = Math.min(this.#wakeAtMs, deadlineMs)
  }

  append(record: RecordToAppend): void {
    this.#records.push(record)
  }

  appendAll(records: readonly RecordToAppend[]): void {
    for (const record of records) this.#records.push(record)
  }

  answerJoin(to: RequestId | undefined, response: JoinGroupResponse): void {
    if (to !== undefined) this.#answers.push({ api: 'JoinGroup', to, response })
  }

  answerSync(to: RequestId | undefined, response: SyncGroupResponse): void {
    if (to !== undefined) this.#answers.push({ api: 'SyncGroup', to, response })
  }
}
