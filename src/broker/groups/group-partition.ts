import { AssertionError, assert } from '../../base/assert.ts'
import type { Offset } from '../../base/brands.ts'
import type { Clock } from '../../base/clock.ts'
import { DiskError } from '../../base/errors.ts'
import type { Random } from '../../base/random.ts'
import type { GroupCoordinatorConfig } from '../../coordinator/group-coordinator-config.ts'
import { GroupShard } from '../../coordinator/group-shard.ts'
import { type GroupAnswer, GroupStep, type RequestId } from '../../coordinator/group-step.ts'
import type { Join } from '../../coordinator/waiting-join.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import type { JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import type { SyncGroupRequest, SyncGroupResponse } from '../../protocol/messages/sync-group.ts'
import type { Offered } from '../../storage/batch-offer.ts'
import type { BrokerLog } from '../broker-log.ts'
import { type GroupLog, type LoadedGroups, batchesOf, loadGroups } from './group-log.ts'
import { GroupTimers } from './group-timers.ts'

export interface GroupPartitionOptions {
  /** For log lines, such as `__consumer_offsets-7`. */
  readonly name: string
  /** The partition as it is now: opened when it is first needed. */
  readonly log: () => GroupLog
  /** The settings as they are now. */
  readonly config: () => GroupCoordinatorConfig
  readonly clock: Clock
  readonly random: Random
  readonly elapsedMs: () => number
  readonly events: BrokerLog
}

/** A request that waits for its answer. */
interface Waiting {
  readonly resolve: (answer: GroupAnswer['response']) => void
  readonly reject: (error: unknown) => void
}

/** In ms. Members and commits come again within their session's time. */
const fullDiskRestMs = 500

/**
 * Runs the coordinator of one partition of `__consumer_offsets`: reads it back from the log, gives it time, appends what it
 * asks for and answers when that is durable. Steps run one after the other, and appends follow each other without waiting for
 * the disk; answers keep the order of the steps. When an append fails, or the log holds what we did not append, everybody who
 * waits is told to come again, and the groups are read back anew. A disk that failed ends it, unless it is only full.
 */
export class GroupPartition {
  readonly #options: GroupPartitionOptions
  readonly #timers: GroupTimers
  readonly #waiting = new Map<RequestId, Waiting>()
  #shard: GroupShard | undefined
  #loading: Generator<number, LoadedGroups> | undefined
  /** Where the log ends if nobody but us appends. */
  #logEndOffset: Offset | undefined
  /** Fulfilled when all appends so far are durable; there is none while nothing is under way. */
  #durable: Promise<void> | undefined
  #lastRequestId = 0
  #restsUntilMs = 0
  /** What was told last of why the groups cannot be read, since they could. */
  #toldUnreadable: string | undefined
  #isClosed = false

  constructor(options: GroupPartitionOptions) {
    this.#options = options
    this.#timers = new GroupTimers(options.elapsedMs, (groupId) => this.#wake(groupId))
  }

  /** Takes a member in; resolves when the group is complete. */
  join(join: Omit<Join, 'requestId'>): Promise<JoinGroupResponse> {
    return this.#perform(join.request.groupId, (shard, step, requestId) => shard.join({ ...join, requestId }, step))
  }

  /** Resolves when the leader has brought the assignment. */
  sync(request: SyncGroupRequest): Promise<SyncGroupResponse> {
    return this.#perform(request.groupId, (shard, step, requestId) => shard.sync({ request, requestId }, step))
  }

  /** Any other request: what `call` returns is given back once all that it asked for, and all before it, is durable. */
  async run<T>(groupId: string, call: (shard: GroupShard, step: GroupStep) => T): Promise<T> {
    const shard = this.#ready()
    const result = this.#take(groupId, (step) => call(shard, step))
    await this.#durable
    return result
  }

  /** Begins to read the groups back, if that is due. */
  load(): void {
    if (this.#shard !== undefined || this.#loading !== undefined || this.#isClosed) return
    const { events, name, log } = this.#options
    this.#loading = loadGroups(log, (reason) => events.warn('group record unreadable', { name, reason }))
    this.#loadOn()
  }

  /** Whether there are groups to ask about: they are read back. */
  get isLoaded(): boolean {
    return this.#shard !== undefined
  }

  /** Nothing is coordinated here any more. Who waits is told to look for another coordinator. */
  close(): void {
    this.#isClosed = true
    this.#forget()
  }

  async #perform<T extends GroupAnswer['response']>(
    groupId: string,
    call: (shard: GroupShard, step: GroupStep, requestId: RequestId) => void,
  ): Promise<T> {
    const shard = this.#ready()
    const requestId = ++this.#lastRequestId
    const answer = new Promise<GroupAnswer['response']>((resolve, reject) =>
      this.#waiting.set(requestId, { resolve, reject }),
    )
    // Should the step fail, it says so itself.
    answer.catch(() => undefined)
    this.#take(groupId, (step) => call(shard, step, requestId))
    return (await answer) as T
  }

  /** The shard, if it knows all that is in the log. Throws `KafkaError` when the client has to come again. */
  #ready(): GroupShard {
    if (this.#shard !== undefined && this.#durable === undefined && this.#isOvertaken()) this.#forget()
    const isResting = this.#shard === undefined && this.#options.elapsedMs() < this.#restsUntilMs
    if (this.#isClosed || isResting) throw new KafkaError(ErrorCode.NOT_COORDINATOR)
    this.load()
    if (this.#shard === undefined) throw new KafkaError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
    return this.#shard
  }

  /** Commands may have appended while they did not know of us. */
  #isOvertaken(): boolean {
    try {
      return this.#options.log().offsets().logEndOffset !== this.#logEndOffset
    } catch {
      return true
    }
  }

  /** A slice now, and the rest in turns of its own. */
  #loadOn(): void {
    const loading = this.#loading
    try {
      const slice = loading?.next()
      if (slice?.done === true) this.#loaded(slice.value)
      else if (slice !== undefined) setTimeout(() => this.#loadOn(), slice.value)
    } catch (error) {
      this.#loading = undefined
      this.#tellUnreadable(String(error))
    }
  }

  /** Once: members and commits come again until it is over, and each of them has it read. */
  #tellUnreadable(reason: string): void {
    if (reason === this.#toldUnreadable) return
    this.#toldUnreadable = reason
    const hint = 'its groups are read as soon as that is over; until then their clients are told to come again'
    this.#options.events.error('groups cannot be read', { name: this.#options.name, reason, hint })
  }

  #loaded({ table, logEndOffset }: LoadedGroups): void {
    const { events, name } = this.#options
    this.#loading = undefined
    this.#toldUnreadable = undefined
    this.#logEndOffset = logEndOffset
    const [first] = table.unreadable
    if (first !== undefined) {
      events.warn('group records unreadable', { name, count: table.unreadableCount, first: first.reason })
    }
    const shard = new GroupShard(table, logEndOffset)
    this.#shard = shard
    for (const groupId of shard.groupsToBegin()) this.#take(groupId, (step) => shard.begin(groupId, step))
  }

  #wake(groupId: string): void {
    const shard = this.#shard
    if (shard === undefined) return
    try {
      this.#take(groupId, (step) => shard.wake(groupId, step))
    } catch (error) {
      this.#options.events.error('group cannot be woken', {
        name: this.#options.name,
        group: groupId,
        reason: String(error),
      })
    }
  }

  /** One step, and what it asks for. What throws halfway may have left anything behind: the groups are read back. */
  #take<T>(groupId: string, call: (step: GroupStep) => T): T {
    const { clock, elapsedMs, config, random } = this.#options
    const step = new GroupStep({ now: clock.now(), uptimeMs: elapsedMs(), config: config(), random })
    try {
      const result = call(step)
      if (step.records.length > 0) this.#append(step)
      this.#timers.wakeBy(groupId, step.wakeAtMs)
      this.#answerOnceDurable(step.answers)
      return result
    } catch (error) {
      this.#forget()
      if (error instanceof AssertionError) throw error
      throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, undefined, { cause: error })
    }
  }

  #append({ records, now, config }: GroupStep): void {
    const log = this.#options.log()
    const batches = batchesOf(records, { timestamp: now, sizeMax: config.recordBytesMax })
    const appends = Array.from(batches, (batch) => log.append(batch))
    const shard = this.#shard
    const durable = Promise.all([this.#durable, ...appends]).then(
      ([, ...all]) => {
        if (this.#durable === durable) this.#durable = undefined
        for (const offered of all) this.#appended(offered)
      },
      (error: unknown) => {
        if (this.#durable === durable) this.#durable = undefined
        this.#appendFailed(error, shard)
        throw new KafkaError(ErrorCode.NOT_COORDINATOR, undefined, { cause: error })
      },
    )
    durable.catch(() => undefined)
    this.#durable = durable
  }

  /** A gap before it was filled by somebody else; the next request finds that the log ends elsewhere, and reads it back. */
  #appended(offered: Offered): void {
    assert(offered.kind === 'appended', 'a batch without a producer is not refused')
    if (offered.baseOffset === this.#logEndOffset) this.#logEndOffset = offered.nextOffset
  }

  #appendFailed(error: unknown, shard: GroupShard | undefined): void {
    if (error instanceof DiskError) this.#diskFailed(error)
    if (this.#shard !== shard || shard === undefined) return
    this.#options.events.error('group record not appended', { name: this.#options.name, reason: String(error) })
    this.#forget()
  }

  /** There will be room again on a full disk: until then each request would read the groups back, only to fail. */
  #diskFailed(error: DiskError): void {
    if (error.isWantOfRoom) this.#restsUntilMs = this.#options.elapsedMs() + fullDiskRestMs
    else this.#isClosed = true
  }

  #answerOnceDurable(answers: readonly GroupAnswer[]): void {
    if (answers.length === 0) return
    if (this.#durable === undefined) this.#answer(answers)
    else
      this.#durable.then(
        () => this.#answer(answers),
        () => undefined,
      )
  }

  #answer(answers: readonly GroupAnswer[]): void {
    for (const { to, response } of answers) {
      this.#waiting.get(to)?.resolve(response)
      this.#waiting.delete(to)
    }
  }

  /** What is known is dropped, and who waits is told to look for a coordinator again. */
  #forget(): void {
    this.#shard = undefined
    this.#loading = undefined
    // What is under way is waited for by those who began it; whoever comes next finds it in the log.
    this.#durable = undefined
    this.#timers.clear()
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(new KafkaError(ErrorCode.NOT_COORDINATOR))
  }
}
