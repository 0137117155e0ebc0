import { setTimeout as sleep } from 'node:timers/promises'
import type { Offset } from '../../base/brands.ts'
import { DivergedError, NotFoundError, UsageError } from '../../base/errors.ts'
import { bytesFrom } from '../../replication/bytes-from.ts'
import { inParallel } from '../../replication/in-parallel.ts'
import type { Leader, LeaderPartition, LeaderTopic } from '../../replication/leader.ts'
import { partitionsOf } from '../../replication/replica-topics.ts'
import type { TopicPartition } from '../../storage/file-names.ts'
import { topicConfigNames } from '../../storage/topic-configs.ts'
import type { BrokerStore } from '../../store/broker-store.ts'
import type { BatchSource, LogStore } from '../../store/log-store.ts'
import { includesPartition } from '../values/partition-list.ts'
import type { FollowerSeat } from './follow-leader.ts'
import { notMade, notTaken, refuseUnlike, sameTopic } from './kafka-refusals.ts'
import { PartitionPush } from './partition-push.ts'
import { PushedOffsetsFile, type PushedOffsets } from './pushed-offsets.ts'
import { pushedOrigin, pushedParting } from './pushed-parting.ts'
import type { ReplicationRequest, ReportedPartition } from './request.ts'
import { type Throttle, throttleOf } from './throttle.ts'
import { noSuchPartitions, selectTopics } from './topic-selection.ts'

/** So many partitions are sent at once: each needs memory for what is under way, but where there is little of all only answers are waited for. */
const parallelMax = { much: 2, little: 8 } as const
/** Up to here it is little, in bytes. */
const littleMax = 4 * 1024 * 1024
/** So often it is noted how far a partition was sent, in ms. */
const noteEveryMs = 1000

export interface KafkaPushEnds {
  /** What there is to be sent. */
  readonly leader: Leader
  /** The same, as who consumes it sees it. */
  readonly source: LogStore
  readonly target: BrokerStore
}

/** One partition as it goes out. */
interface Outgoing extends TopicPartition {
  readonly topicOf: LeaderTopic
  readonly described: LeaderPartition
  /** The topic's id in the cluster; `undefined` while it is not there. */
  readonly id: string | undefined
  /** Where it goes on; `undefined` when nothing of it was sent yet. */
  readonly noted: PushedOffsets | undefined
}

/** Sends topics to a cluster whose offsets are its own: each record once, whatever became of earlier runs. */
export class KafkaPush {
  readonly #ends: KafkaPushEnds
  readonly #request: ReplicationRequest
  readonly #seat: FollowerSeat
  readonly #file: PushedOffsetsFile
  readonly #throttle: Throttle | undefined
  readonly #sent: Sent = { bytes: 0, records: 0 }
  #bytesTotal = 0
  #notedMs = 0

  constructor(ends: KafkaPushEnds, request: ReplicationRequest, seat: FollowerSeat) {
    this.#ends = ends
    this.#request = request
    this.#seat = seat
    const { fileSystem, path, clock } = seat.directory
    this.#file = new PushedOffsetsFile(fileSystem, path)
    this.#throttle = throttleOf(request.bytesPerSecond, clock, seat.stop)
  }

  /** Everything once: what is there now. */
  async round(): Promise<void> {
    const topics = await selectTopics(this.#ends.leader, this.#request)
    const partitions: ReportedPartition[] = []
    for (const topic of topics) partitions.push(...(await this.#pushTopic(topic)))
    if (topics.length > 0 && partitions.length === 0) {
      throw noSuchPartitions(this.#ends.leader)
    }
    this.#seat.onReport({ partitions, groups: 0 })
  }

  async #pushTopic(topic: LeaderTopic): Promise<ReportedPartition[]> {
    const { isDryRun, partitions } = this.#request
    const wanted = partitionsOf(topic).filter(
      ({ partition }) => partitions.length === 0 || includesPartition(partitions, partition),
    )
    if (wanted.length === 0) return []
    if (!isDryRun) await this.#makeTopic(topic)
    const id = await this.#idThere(topic)
    using _ = isDryRun || id === undefined ? undefined : await this.#hold(id)
    const described = await this.#ends.leader.partitions(wanted, 0)
    const outgoing = wanted.map((one, at) => this.#outgoing(one, { topic, id, described: described[at] }))
    const missing = outgoing.reduce(
      (sum, { described: one, noted }) => sum + bytesFrom(one, noted?.source ?? one.logStartOffset),
      0,
    )
    this.#bytesTotal = this.#sent.bytes + missing
    const parallel = missing > littleMax ? parallelMax.much : parallelMax.little
    // Awaited here: the topic is held until then.
    return await inParallel(outgoing, parallel, (one) => this.#pushPartition(one))
  }

  async #idThere({ name, id }: LeaderTopic): Promise<string | undefined> {
    const { target } = this.#ends
    const there = await target.findTopic(name)
    if (there?.id !== undefined && there.id === id) throw sameTopic(name, target)
    return there && (there.id ?? `${target.name}/${name}`)
  }

  #hold(id: string): Promise<Disposable> {
    return this.#file.hold(id, { waitMs: this.#seat.directory.lockWaitMs, pause: (ms) => this.#pause(ms) })
  }

  async #makeTopic({ name, partitionCount, configs }: LeaderTopic): Promise<void> {
    const { target } = this.#ends
    const there = await target.findTopic(name)
    if (there !== undefined) return refuseUnlike(there, partitionCount, target.name)
    await target.createTopic({ name, partitionCount, configs: configsThere(configs) }).catch((error: unknown) => {
      throw error instanceof UsageError ? notMade(error, { name, partitionCount }, target) : error
    })
  }

  /** Throws `DivergedError` when what was sent is not in the source any more. */
  #outgoing(
    { topic: name, partition }: TopicPartition,
    { topic, id, described }: { topic: LeaderTopic; id: string | undefined; described: LeaderPartition | undefined },
  ): Outgoing {
    const { leader, target } = this.#ends
    if (described === undefined)
      throw new NotFoundError(`${leader.name}: partition ${partition} of ${name} is not there`)
    const noted = id === undefined ? undefined : this.#file.get(id, partition)
    const parting = noted && pushedParting(noted, topic.id, described)
    const outgoing = { topic: name, partition, topicOf: topic, described, id, noted }
    if (noted === undefined || parting === undefined) return outgoing
    if (!this.#request.overwritesDiverged) {
      throw new DivergedError(
        `${name}-${partition}: the source is not what was sent to ${target.name} any more: ${parting.reason}; nothing was sent`,
        { hint: `--overwrite-diverged sends what it has from offset ${parting.fork} on, behind what is there` },
      )
    }
    return { ...outgoing, noted: { source: parting.fork, target: noted.target } }
  }

  async #pushPartition(one: Outgoing): Promise<ReportedPartition> {
    const source = await this.#ends.source.openSource(one, 'read_committed')
    try {
      return await this.#pushFrom(source, one)
    } finally {
      source.close()
    }
  }

  async #pushFrom(source: BatchSource, one: Outgoing): Promise<ReportedPartition> {
    const { topic, partition, noted, described } = one
    const { highWatermark: end } = await source.refresh()
    const sent = { bytes: 0, records: 0 }
    let from = noted?.source ?? described.logStartOffset
    if (!this.#request.isDryRun && one.id !== undefined && from < end) {
      from = await this.#send({ ...one, id: one.id, end, sent }, source).catch((error: unknown) => {
        throw notTaken(error, topic, this.#ends.target)
      })
    }
    const fromOffset = from < described.logStartOffset ? described.logStartOffset : from
    const planned = { bytes: bytesFrom(described, fromOffset), records: Number(end - fromOffset) }
    return {
      topic,
      partition,
      fromOffset,
      toOffset: end,
      cutTo: undefined,
      trimTo: undefined,
      ...(this.#request.isDryRun ? planned : sent),
    }
  }

  async #send(where: Where, source: BatchSource): Promise<Offset> {
    const { topic, partition, noted, end } = where
    // Behind a transaction of others that is open readers of committed records see nothing, and what an earlier run sent would be sent again.
    const target = await this.#ends.target.openSource({ topic, partition }, 'read_uncommitted')
    const appender = await this.#ends.target.openAppender(topic)
    const push = new PartitionPush({
      partition,
      source,
      target,
      appender,
      onPushed: (pushed, bytes, records) => this.#notePushed(where, pushed, { bytes, records }),
    })
    try {
      const { logStartOffset } = await source.refresh()
      // What was trimmed since is not sent any more, though the batch that it is in is still there.
      const first = {
        source: noted === undefined || noted.source < logStartOffset ? logStartOffset : noted.source,
        target: noted?.target ?? (await target.refresh()).highWatermark,
      }
      this.#note(where, first)
      // From here on a run that is cut finds what it had sent.
      this.#file.save()
      const settled = await push.settle(first)
      this.#note(where, settled)
      await push.push(settled, end)
      return settled.source
    } finally {
      target.close()
      this.#file.save()
    }
  }

  async #notePushed(where: Where, pushed: PushedOffsets, batch: Sent): Promise<void> {
    const { topic, partition, end, sent } = where
    this.#note(where, pushed)
    for (const counts of [sent, this.#sent]) {
      counts.bytes += batch.bytes
      counts.records += batch.records
    }
    const lag = { topic, partition, copyEndOffset: pushed.source, sourceEndOffset: end, missingBytes: 0 }
    this.#seat.onProgress({ ...this.#sent, bytesTotal: this.#bytesTotal, lags: () => [lag] })
    const now = this.#seat.directory.clock.now()
    if (Math.abs(now - this.#notedMs) > noteEveryMs) {
      this.#notedMs = now
      this.#file.save()
    }
    this.#seat.stop.throwIfAborted()
    await this.#throttle?.take(batch.bytes)
  }

  #note({ id, partition, topicOf, described }: Where, { source, target }: PushedOffsets): void {
    this.#file.set(id, partition, { source, target, ...pushedOrigin(source, topicOf.id, described) })
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#seat.stop })
  }
}

interface Where extends Outgoing {
  readonly id: string
  /** Of the source, as it is sent. */
  readonly end: Offset
  /** Of this partition, counted as it goes. */
  readonly sent: Sent
}

interface Sent {
  bytes: number
  records: number
}

/** What is no broker's to take is left out, and what would give records other times. */
function configsThere(configs: LeaderTopic['configs']): Map<string, string> {
  const known = new Set(topicConfigNames())
  return new Map([...configs].filter(([key]) => known.has(key) && key !== 'message.timestamp.type'))
}
