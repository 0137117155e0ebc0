import { setTimeout as sleep } from 'node:timers/promises'
import { RefusedError, UsageError } from '../../base/errors.ts'
import type { Offset } from '../../base/brands.ts'
import type { Cluster } from '../../client/cluster.ts'
import { addressName, type DialAddress } from '../../network/dial.ts'
import type { Leader, LeaderTopic } from '../../replication/leader.ts'
import { BrokerStore } from '../../store/broker-store.ts'
import { DirectoryStore } from '../../store/directory-store.ts'
import type { BatchSource, LogStore } from '../../store/log-store.ts'
import { topicConfigNames } from '../../storage/topic-configs.ts'
import type { ClientSecurity } from '../client-security.ts'
import { openCluster } from '../open-broker-store.ts'
import { includesPartition } from '../values/partition-list.ts'
import type { BrokersPeer } from '../values/peer.ts'
import { BrokerLeader } from './broker-leader.ts'
import { directoryLeader } from './directory-ends.ts'
import type { FollowerSeat } from './follow-leader.ts'
import { PartitionPush } from './partition-push.ts'
import { PushedOffsetsFile, type PushedOffsets } from './pushed-offsets.ts'
import type { ReplicationRequest, ReportedPartition } from './request.ts'
import { counted } from '../results.ts'
import { Throttle } from './throttle.ts'
import { selectTopics } from './topic-selection.ts'

/** Brokers as the source of a copy. */
export function brokerLeader(peer: BrokersPeer, security: ClientSecurity): Leader {
  const { store, cluster } = openBrokers(peer, security)
  return new BrokerLeader(store, cluster)
}

function openBrokers({ servers }: BrokersPeer, security: ClientSecurity): { store: BrokerStore; cluster: Cluster } {
  const addresses = servers.map(({ host, port }): DialAddress => ({ kind: 'tcp', host, port }))
  const cluster = openCluster(addresses, security)
  return { cluster, store: new BrokerStore({ name: addresses.map(addressName).join(','), cluster, acks: 'all' }) }
}

/** Between two looks for what is new with --follow, in ms. */
const lookEveryMs = 100
/** So often it is noted how far a partition was sent, in ms. */
const noteEveryMs = 1000

/** A cluster that is not ours, and how to speak to it. */
export interface KafkaTarget {
  readonly peer: BrokersPeer
  readonly security: ClientSecurity
}

/** Sends what the request names to a cluster that is not ours: the same records, each once, at offsets of its own. */
export async function pushToKafka(
  { peer, security }: KafkaTarget,
  request: ReplicationRequest,
  seat: FollowerSeat,
): Promise<void> {
  if (request.groups)
    throw new UsageError('--groups does not go to kafka://: offsets are others there', { hint: 'leave it out' })
  const { store: target } = openBrokers(peer, security)
  const source = new DirectoryStore(seat.directory)
  try {
    const push = new KafkaPush({ source, target, peer }, request, seat)
    await push.round()
    while (request.follows && !seat.stop.aborted) {
      await sleep(lookEveryMs, undefined, { signal: seat.stop })
      await push.round()
    }
  } finally {
    source.close()
    target.close()
  }
}

interface Ends {
  readonly source: LogStore
  readonly target: BrokerStore
  readonly peer: BrokersPeer
}

class KafkaPush {
  readonly #ends: Ends
  readonly #request: ReplicationRequest
  readonly #seat: FollowerSeat
  readonly #file: PushedOffsetsFile
  readonly #throttle: Throttle | undefined
  #bytes = 0
  #records = 0
  #notedMs = 0

  constructor(ends: Ends, request: ReplicationRequest, seat: FollowerSeat) {
    this.#ends = ends
    this.#request = request
    this.#seat = seat
    const { fileSystem, path, clock } = seat.directory
    this.#file = new PushedOffsetsFile(fileSystem, path)
    const { bytesPerSecond } = request
    const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: seat.stop })
    if (bytesPerSecond !== undefined) this.#throttle = new Throttle(bytesPerSecond, clock, pause)
  }

  /** Everything once: what is there now. */
  async round(): Promise<void> {
    const leader = directoryLeader(this.#seat.directory)
    const topics = await selectTopics(leader, this.#request).finally(() => leader.close())
    const partitions: ReportedPartition[] = []
    for (const topic of topics) partitions.push(...(await this.#pushTopic(topic)))
    this.#seat.onReport({ partitions, groups: 0 })
  }

  async #pushTopic(topic: LeaderTopic): Promise<ReportedPartition[]> {
    const { isDryRun, partitions } = this.#request
    if (!isDryRun) await this.#makeTopic(topic)
    const there = await this.#ends.target.findTopic(topic.name)
    const id = there?.id ?? `${this.#ends.target.name}/${topic.name}`
    const wanted = Array.from({ length: topic.partitionCount }, (_, partition) => partition).filter(
      (one) => partitions.length === 0 || includesPartition(partitions, one),
    )
    const reported: ReportedPartition[] = []
    for (const partition of wanted) reported.push(await this.#pushPartition(topic.name, partition, there && id))
    return reported
  }

  async #makeTopic({ name, partitionCount, configs }: LeaderTopic): Promise<void> {
    const { target } = this.#ends
    const there = await target.findTopic(name)
    if (there === undefined) {
      const known = new Set(topicConfigNames())
      await target.createTopic({
        name,
        partitionCount,
        configs: new Map([...configs].filter(([key]) => known.has(key))),
      })
    } else if (there.partitionCount < partitionCount) {
      throw new RefusedError(
        `topic ${name} has ${counted(there.partitionCount, 'partition')} on ${target.name}, ${partitionCount} here`,
        {
          hint: `give it as many: tslog topics alter ${name} --partitions ${partitionCount} -b ${target.name}`,
        },
      )
    }
  }

  async #pushPartition(topic: string, partition: number, id: string | undefined): Promise<ReportedPartition> {
    const source = await this.#ends.source.openSource({ topic, partition }, 'read_committed')
    const { logStartOffset, highWatermark: end } = await source.refresh()
    const noted = id === undefined ? undefined : this.#file.get(id, partition)
    const before = this.#bytes
    const recordsBefore = this.#records
    let from = noted?.source ?? logStartOffset
    if (!this.#request.isDryRun && id !== undefined && from < end) {
      const target = await this.#ends.target.openSource({ topic, partition }, 'read_committed')
      from = await this.#send({ topic, partition, id, end }, { source, target, noted })
      target.close()
    }
    source.close()
    const fromOffset = from < logStartOffset ? logStartOffset : from
    const records = this.#request.isDryRun ? Number(end - fromOffset) : this.#records - recordsBefore
    return { topic, partition, fromOffset, toOffset: end, cutTo: undefined, bytes: this.#bytes - before, records }
  }

  async #send(where: Where, { source, target, noted }: Sending): Promise<Offset> {
    const { topic, partition, id, end } = where
    const appender = await this.#ends.target.openAppender(topic)
    const push = new PartitionPush({
      partition,
      source,
      target,
      appender,
      onPushed: (pushed, bytes, records) => this.#notePushed(where, pushed, { bytes, records }),
    })
    try {
      const first = noted ?? {
        source: (await source.refresh()).logStartOffset,
        target: (await target.refresh()).highWatermark,
      }
      this.#file.set(id, partition, first)
      // From here on a run that is cut finds what it had sent.
      if (noted === undefined) this.#file.save()
      const settled = await push.settle(first)
      this.#file.set(id, partition, settled)
      await push.push(settled, end)
      return settled.source
    } finally {
      this.#file.save()
    }
  }

  async #notePushed(
    { topic, id, partition, end }: Where,
    pushed: PushedOffsets,
    { bytes, records }: { bytes: number; records: number },
  ): Promise<void> {
    this.#file.set(id, partition, pushed)
    this.#bytes += bytes
    this.#records += records
    const lag = { topic, partition, copyEndOffset: pushed.source, sourceEndOffset: end, missingBytes: 0 }
    this.#seat.onProgress({ bytes: this.#bytes, records: this.#records, bytesTotal: 0, lags: () => [lag] })
    const now = this.#seat.directory.clock.now()
    if (Math.abs(now - this.#notedMs) > noteEveryMs) {
      this.#notedMs = now
      this.#file.save()
    }
    this.#seat.stop.throwIfAborted()
    await this.#throttle?.take(bytes)
  }
}

interface Where {
  readonly topic: string
  readonly partition: number
  /** Of the topic in the cluster. */
  readonly id: string
  /** Of the source, as it is sent. */
  readonly end: Offset
}

interface Sending {
  readonly source: BatchSource
  readonly target: BatchSource
  readonly noted: PushedOffsets | undefined
}
