import { NO_LEADER_EPOCH, offset, type Offset } from '../../src/base/brands.ts'
import { fetchApi, type FetchRequest, type FetchResponse } from '../../src/protocol/messages/fetch.ts'
import { listOffsetsApi, type ListOffsetsResponse } from '../../src/protocol/messages/list-offsets.ts'
import { metadataApi } from '../../src/protocol/messages/metadata.ts'
import { produceApi, type ProduceRequest, type ProduceResponse } from '../../src/protocol/messages/produce.ts'
import type { CompressionCodec } from '../../src/record/codec.ts'
import { decompress } from '../../src/record/compression/compression.ts'
import { scanBatch } from '../../src/record/log-batch.ts'
import { RecordBatchBuilder } from '../../src/record/record-batch-builder.ts'
import { forEachRecord } from '../../src/record/records.ts'
import { crc32c } from '../../src/wire/crc32c.ts'
import type { TestClient } from './test-client.ts'

export const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA'

/** A batch as a client makes it now. */
export function clientBatch(values: readonly string[], key?: string, codec: CompressionCodec = 'none'): Uint8Array {
  const encoder = new TextEncoder()
  const builder = new RecordBatchBuilder({ codec, sizeMax: 2 ** 30 })
  const timestamp = Date.now()
  for (const value of values) {
    builder.append({ key: key === undefined ? null : encoder.encode(key), value: encoder.encode(value), timestamp })
  }
  return builder.build(offset(0))
}

/** The batch with some bytes changed by `change`, and a checksum that fits again. */
export function altered(batch: Uint8Array, change: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = batch.slice()
  const view = new DataView(bytes.buffer)
  change(view, bytes)
  view.setUint32(17, crc32c(bytes.subarray(21)))
  return bytes
}

/** As sent by an idempotent producer. */
export function sequenced(batch: Uint8Array, baseSequence: number, producerId: bigint, producerEpoch = 0): Uint8Array {
  return altered(batch, (view) => {
    view.setBigInt64(43, producerId)
    view.setInt16(51, producerEpoch)
    view.setInt32(53, baseSequence)
  })
}

export function produceRequest(topic: string, records: Uint8Array | null, acks = -1, index = 0): ProduceRequest {
  return {
    transactionalId: null,
    acks,
    timeoutMs: 5000,
    topicData: [{ name: topic, partitionData: [{ index, records }] }],
  }
}

/** Produces one batch; the answer for its partition. */
export async function produce(
  client: TestClient,
  topic: string,
  records: Uint8Array | null,
  { acks = -1, version = 9, partition = 0 } = {},
): Promise<ProduceResponse['responses'][number]['partitionResponses'][number]> {
  const { responses } = await client.send(produceApi, version, produceRequest(topic, records, acks, partition))
  const [answer] = responses[0]?.partitionResponses ?? []
  if (answer === undefined) throw new Error('the answer has no partition')
  return answer
}

export interface FetchWish {
  readonly topic: string
  readonly topicId?: string
  readonly partition?: number
  readonly from: bigint
  readonly bytesMax?: number
  readonly currentLeaderEpoch?: number
}

export interface FetchTerms {
  readonly maxWaitMs?: number
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly isolationLevel?: number
  readonly session?: readonly [number, number]
  readonly version?: number
}

export function fetchRequest(wishes: readonly FetchWish[], terms: FetchTerms = {}): FetchRequest {
  const { maxWaitMs = 0, minBytes = 1, maxBytes = 2 ** 26, isolationLevel = 0, session = [0, -1] } = terms
  return {
    clusterId: null,
    replicaId: -1,
    replicaState: { replicaId: -1, replicaEpoch: -1n },
    maxWaitMs,
    minBytes,
    maxBytes,
    isolationLevel,
    sessionId: session[0],
    sessionEpoch: session[1],
    topics: wishes.map(
      ({ topic, topicId = NO_ID, partition = 0, from, bytesMax = 2 ** 20, currentLeaderEpoch = -1 }) => ({
        topic,
        topicId,
        partitions: [
          {
            partition,
            currentLeaderEpoch: currentLeaderEpoch as typeof NO_LEADER_EPOCH,
            fetchOffset: offset(from),
            lastFetchedEpoch: NO_LEADER_EPOCH,
            logStartOffset: offset(-1),
            partitionMaxBytes: bytesMax,
            replicaDirectoryId: NO_ID,
          },
        ],
      }),
    ),
    forgottenTopicsData: [],
    rackId: '',
  }
}

export function fetch(
  client: TestClient,
  wishes: readonly FetchWish[],
  terms: FetchTerms = {},
): Promise<FetchResponse> {
  return client.send(fetchApi, terms.version ?? 11, fetchRequest(wishes, terms))
}

/** What was told of each partition, in the order of the answer. */
export function partitionsOf({ responses }: FetchResponse): FetchResponse['responses'][number]['partitions'][number][] {
  return responses.flatMap(({ partitions }) => [...partitions])
}

/** `offset value` of each record of an answer, from `from` on, as a client shows them. */
export function recordsOf(response: FetchResponse, from = 0n): string[] {
  const seen: string[] = []
  for (const { records } of partitionsOf(response)) {
    for (let at = 0; records !== null && at < records.length;) {
      const scanned = scanBatch(records, at, records.length)
      if (scanned.kind !== 'batch') throw new Error(`no whole batch at ${at}: ${scanned.kind}`)
      at += scanned.batch.sizeInBytes
      const visit = (record: { offset: Offset; valueBytes(): Uint8Array | null }): void => {
        if (record.offset >= from)
          seen.push(`${record.offset} ${new TextDecoder().decode(record.valueBytes() ?? new Uint8Array(0))}`)
      }
      forEachRecord(scanned.batch, visit, { decompress })
    }
  }
  return seen
}

/** Makes a topic with the broker's defaults; its id. */
export async function makeTopic(client: TestClient, name: string): Promise<string> {
  const { topics } = await client.send(metadataApi, 12, {
    topics: [{ topicId: NO_ID, name }],
    allowAutoTopicCreation: true,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  })
  const [topic] = topics
  if (topic?.errorCode !== 0) throw new Error(`${name} cannot be made: ${topic?.errorCode}`)
  return topic.topicId
}

/** The answer for one partition. */
export async function listOffset(
  client: TestClient,
  topic: string,
  timestamp: number,
  { version = 7, isolationLevel = 0, partition = 0 } = {},
): Promise<ListOffsetsResponse['topics'][number]['partitions'][number]> {
  const { topics } = await client.send(listOffsetsApi, version, {
    replicaId: -1,
    isolationLevel,
    timeoutMs: 0,
    topics: [
      {
        name: topic,
        partitions: [{ partitionIndex: partition, currentLeaderEpoch: NO_LEADER_EPOCH, timestamp, maxNumOffsets: 1 }],
      },
    ],
  })
  const [answer] = topics[0]?.partitions ?? []
  if (answer === undefined) throw new Error('the answer has no partition')
  return answer
}
