import { expect, test } from 'vitest'
import { leaderEpoch, offset, producerId } from '../../src/base/brands.ts'
import type { Codec } from '../../src/wire/codec.ts'
import { decode, encode } from '../../src/wire/codec.ts'
import { type Type, uuid } from '../../src/wire/schema.ts'
import { alterClientQuotasRequest } from '../../src/protocol/messages/alter-client-quotas.ts'
import { apiVersionsResponse } from '../../src/protocol/messages/api-versions.ts'
import { fetchPartitionData, fetchRequest, fetchResponse } from '../../src/protocol/messages/fetch.ts'
import { joinGroupRequest } from '../../src/protocol/messages/join-group.ts'
import { listOffsetsResponse } from '../../src/protocol/messages/list-offsets.ts'
import { metadataRequest, metadataResponse } from '../../src/protocol/messages/metadata.ts'
import { offsetFetchResponse } from '../../src/protocol/messages/offset-fetch.ts'
import { produceRequest, produceResponse } from '../../src/protocol/messages/produce.ts'

// The bytes were made by Apache Kafka 4.3.1: its JSON converters read the values, its message classes wrote them.

const topicId = 'AAECAwQFBgcICQoLDA0ODw'
const currentLeader = { leaderId: 2, leaderEpoch: leaderEpoch(5) }
const node = { nodeId: 2, host: 'b2', port: 9092 }

interface Golden {
  readonly name: string
  readonly codec: Codec<unknown>
  readonly value: unknown
  readonly hex: string
}

/** A body in a flexible version, unless `classic`. */
function golden<T>(name: string, type: Type<T>, value: T, where: { version: number; hex: string }): Golden {
  const codec = type.codec({ version: where.version, flexible: !name.includes('classic') })
  return { name: `${name} ${where.version}`, codec: codec as Codec<unknown>, value, hex: where.hex.replaceAll(' ', '') }
}

const goldens: readonly Golden[] = [
  golden(
    'Fetch response',
    fetchResponse,
    {
      throttleTimeMs: 1,
      errorCode: 0,
      sessionId: 99,
      responses: [
        {
          topic: '',
          topicId,
          partitions: [
            {
              ...fetchPartitionData.initial(),
              partitionIndex: 3,
              errorCode: 6,
              highWatermark: offset(50),
              lastStableOffset: offset(40),
              logStartOffset: offset(10),
              divergingEpoch: { epoch: leaderEpoch(4), endOffset: offset(45) },
              currentLeader,
              abortedTransactions: [{ producerId: producerId(7), firstOffset: offset(12) }],
              records: new Uint8Array([1, 2, 3]),
            },
          ],
        },
      ],
      nodeEndpoints: [{ ...node, rack: null }],
    },
    {
      version: 16,
      hex:
        '00000001 0000 00000063 02 000102030405060708090a0b0c0d0e0f 02 00000003 0006 0000000000000032 0000000000000028' +
        '000000000000000a 02 0000000000000007000000000000000c00 ffffffff 04010203 02 000d00000004000000000000002d00' +
        '0109000000020000000500 00 01000e 02 00000002 036232 00002384 00 00',
    },
  ),
  golden(
    'Fetch request',
    fetchRequest,
    {
      ...fetchRequest.initial(),
      clusterId: 'c1',
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 52_428_800,
      isolationLevel: 1,
      topics: [
        {
          topic: 't',
          topicId: uuid.initial(),
          partitions: [
            {
              partition: 1,
              currentLeaderEpoch: leaderEpoch(2),
              fetchOffset: offset(34),
              lastFetchedEpoch: leaderEpoch(-1),
              logStartOffset: offset(-1),
              partitionMaxBytes: 1_048_576,
              replicaDirectoryId: uuid.initial(),
            },
          ],
        },
      ],
      forgottenTopicsData: [{ topic: 'u', topicId: uuid.initial(), partitions: [5] }],
      rackId: 'r',
    },
    {
      version: 12,
      hex:
        'ffffffff 000001f4 00000001 03200000 01 00000000 ffffffff 02 0274 02 00000001 00000002 0000000000000022 ffffffff' +
        'ffffffffffffffff 00100000 00 00 02 0275 02 00000005 00 0272 01 0003036331',
    },
  ),
  golden(
    'Produce request',
    produceRequest,
    {
      transactionalId: null,
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: 't', partitionData: [{ index: 0, records: new Uint8Array([1, 2, 3, 4]) }] }],
    },
    { version: 9, hex: '00 ffff 00007530 02 0274 02 00000000 0501020304 00 00 00' },
  ),
  golden(
    'Produce response',
    produceResponse,
    {
      responses: [
        {
          name: 't',
          partitionResponses: [
            {
              index: 1,
              errorCode: 87,
              baseOffset: offset(-1),
              logAppendTimeMs: -1,
              logStartOffset: offset(4),
              recordErrors: [{ batchIndex: 2, batchIndexErrorMessage: 'no key' }],
              errorMessage: 'bad',
              currentLeader,
            },
          ],
        },
      ],
      throttleTimeMs: 8,
      nodeEndpoints: [{ ...node, rack: 'r' }],
    },
    {
      version: 10,
      hex:
        '02 0274 02 00000001 0057 ffffffffffffffff ffffffffffffffff 0000000000000004 02 00000002 076e6f206b6579 00' +
        '04626164 01 0009 000000020000000500 00 00000008 01 000f 02 00000002 036232 00002384 0272 00',
    },
  ),
  golden(
    'Metadata response',
    metadataResponse,
    {
      ...metadataResponse.initial(),
      brokers: [{ nodeId: 1, host: 'h', port: 9092, rack: null }],
      clusterId: 'c1',
      controllerId: 1,
      topics: [
        {
          errorCode: 0,
          name: 't',
          topicId,
          isInternal: true,
          partitions: [
            {
              errorCode: 0,
              partitionIndex: 0,
              leaderId: 1,
              leaderEpoch: leaderEpoch(6),
              replicaNodes: [1, 2],
              isrNodes: [1],
              offlineReplicas: [2],
            },
          ],
          topicAuthorizedOperations: -0x8000_0000,
        },
      ],
    },
    {
      version: 12,
      hex:
        '00000000 02 00000001 0268 00002384 00 00 036331 00000001 02 0000 0274 000102030405060708090a0b0c0d0e0f 01 02' +
        '0000 00000000 00000001 00000006 03 00000001 00000002 02 00000001 02 00000002 00 80000000 00 00',
    },
  ),
  golden(
    'classic Metadata request',
    metadataRequest,
    { ...metadataRequest.initial(), topics: null },
    { version: 1, hex: 'ffffffff' },
  ),
  golden(
    'JoinGroup request',
    joinGroupRequest,
    {
      groupId: 'g',
      sessionTimeoutMs: 45_000,
      rebalanceTimeoutMs: 300_000,
      memberId: '',
      groupInstanceId: 'i',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: new Uint8Array([0, 1]) }],
      reason: null,
    },
    { version: 9, hex: '0267 0000afc8 000493e0 01 0269 09636f6e73756d6572 02 0672616e6765 030001 00 00 00' },
  ),
  golden(
    'ListOffsets response',
    listOffsetsResponse,
    {
      throttleTimeMs: 0,
      topics: [
        {
          name: 't',
          partitions: [
            {
              partitionIndex: 0,
              errorCode: 0,
              oldStyleOffsets: [],
              timestamp: 1_700_000_000_000,
              offset: offset(5),
              leaderEpoch: leaderEpoch(1),
            },
          ],
        },
      ],
    },
    { version: 6, hex: '00000000 02 0274 02 00000000 0000 0000018bcfe56800 0000000000000005 00000001 00 00 00' },
  ),
  golden(
    'ApiVersions response',
    apiVersionsResponse,
    {
      errorCode: 0,
      apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
      throttleTimeMs: 0,
      supportedFeatures: [{ name: 'group.version', minVersion: 1, maxVersion: 1 }],
      finalizedFeaturesEpoch: 3n,
      finalizedFeatures: [{ name: 'group.version', maxVersionLevel: 1, minVersionLevel: 1 }],
      zkMigrationReady: false,
    },
    {
      version: 3,
      hex:
        '0000 02 0012 0000 0004 00 00000000 03 0014 02 0e67726f75702e76657273696f6e 0001 0001 00 0108 0000000000000003' +
        '0214 02 0e67726f75702e76657273696f6e 0001 0001 00',
    },
  ),
  golden(
    'OffsetFetch response',
    offsetFetchResponse,
    {
      ...offsetFetchResponse.initial(),
      groups: [
        {
          groupId: 'g',
          topics: [
            {
              name: 't',
              partitions: [
                {
                  partitionIndex: 0,
                  committedOffset: offset(9),
                  committedLeaderEpoch: leaderEpoch(-1),
                  metadata: 'm',
                  errorCode: 0,
                },
              ],
            },
          ],
          errorCode: 0,
        },
      ],
    },
    {
      version: 8,
      hex: '00000000 02 0267 02 0274 02 00000000 0000000000000009 ffffffff 026d 0000 00 00 0000 00 00',
    },
  ),
  golden(
    'AlterClientQuotas request',
    alterClientQuotasRequest,
    {
      entries: [
        {
          entity: [{ entityType: 'user', entityName: null }],
          ops: [{ key: 'producer_byte_rate', value: 1024.5, remove: false }],
        },
      ],
      validateOnly: true,
    },
    {
      version: 1,
      hex: '02 02 0575736572 00 00 02 1370726f64756365725f627974655f72617465 4090020000000000 00 00 00 01 00',
    },
  ),
]

test.each(goldens)('$name is written as Kafka writes it, and read', ({ codec, value, hex }) => {
  expect(Buffer.from(encode(codec, value)).toString('hex')).toBe(hex)
  expect(decode(codec, new Uint8Array(Buffer.from(hex, 'hex')))).toEqual(value)
})
