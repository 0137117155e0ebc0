import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { apiVersionsApi } from '../../src/protocol/messages/api-versions.ts'
import { alterConfigsApi } from '../../src/protocol/messages/alter-configs.ts'
import { createPartitionsApi } from '../../src/protocol/messages/create-partitions.ts'
import { createTopicsApi } from '../../src/protocol/messages/create-topics.ts'
import { deleteRecordsApi } from '../../src/protocol/messages/delete-records.ts'
import { deleteTopicsApi } from '../../src/protocol/messages/delete-topics.ts'
import { describeClusterApi } from '../../src/protocol/messages/describe-cluster.ts'
import { describeConfigsApi, type DescribeConfigsResponse } from '../../src/protocol/messages/describe-configs.ts'
import { describeLogDirsApi } from '../../src/protocol/messages/describe-log-dirs.ts'
import { incrementalAlterConfigsApi } from '../../src/protocol/messages/incremental-alter-configs.ts'
import { runBinary } from '../support/run-binary.ts'
import { clientBatch, fetch, listOffset, makeTopic, NO_ID, partitionsOf, produce, recordsOf } from './requests.ts'
import { ServeScene } from './serve-scene.ts'
import type { TestClient } from './test-client.ts'

let scene: ServeScene
let client: TestClient

beforeAll(async () => {
  scene = await ServeScene.start()
  client = await scene.connect()
})
afterAll(() => scene.remove())

const topicType = 2
const brokerType = 4

interface Wanted {
  readonly name: string
  readonly numPartitions?: number
  readonly replicationFactor?: number
  readonly configs?: { name: string; value: string | null }[]
  readonly assignments?: { partitionIndex: number; brokerIds: number[] }[]
}

async function create(topics: readonly Wanted[], { validateOnly = false, version = 7 } = {}): Promise<number[]> {
  const wanted = topics.map(({ name, numPartitions = 1, replicationFactor = 1, configs = [], assignments = [] }) => ({
    name,
    numPartitions,
    replicationFactor,
    configs,
    assignments,
  }))
  const answer = await client.send(createTopicsApi, version, { topics: wanted, timeoutMs: 1000, validateOnly })
  return answer.topics.map(({ errorCode }) => errorCode)
}

async function described(
  resourceType: number,
  resourceName: string,
  keys: string[] | null = null,
): Promise<DescribeConfigsResponse['results'][number]> {
  const { results } = await client.send(describeConfigsApi, 4, {
    resources: [{ resourceType, resourceName, configurationKeys: keys }],
    includeSynonyms: true,
    includeDocumentation: false,
  })
  return results[0] as DescribeConfigsResponse['results'][number]
}

describe('CreateTopics', () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7])('version %i makes a topic that can be used at once', async (version) => {
    expect(await create([{ name: `made-${version}`, numPartitions: 2 }], { version })).toEqual([0])
    expect((await produce(client, `made-${version}`, clientBatch(['x']), { partition: 1 })).errorCode).toBe(0)
    expect((await fetch(client, [{ topic: `made-${version}`, partition: 1, from: 0n }])).responses.length).toBe(1)
  })

  test('judges each topic by itself', async () => {
    const codes = await create([
      { name: 'fine' },
      { name: 'made-0' },
      { name: 'twice' },
      { name: 'twice' },
      { name: '..' },
      { name: 'a/b' },
      { name: 'made.0' },
      { name: 'made_0' },
      { name: 'none', numPartitions: 0 },
      { name: 'negative', numPartitions: -2 },
      { name: 'many', replicationFactor: 3 },
      { name: 'odd', configs: [{ name: 'no.such.config', value: '1' }] },
      { name: 'bad', configs: [{ name: 'retention.ms', value: 'soon' }] },
      { name: 'both', assignments: [{ partitionIndex: 0, brokerIds: [1] }] },
      {
        name: 'theirs',
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [{ partitionIndex: 0, brokerIds: [7] }],
      },
      { name: 'kept', configs: [{ name: 'remote.storage.enable', value: 'false' }] },
      { name: 'default', numPartitions: -1, replicationFactor: -1 },
    ])
    const { INVALID_REQUEST, INVALID_TOPIC_EXCEPTION, INVALID_CONFIG } = ErrorCode
    const expected = [
      [0, ErrorCode.TOPIC_ALREADY_EXISTS, INVALID_REQUEST, INVALID_REQUEST],
      [INVALID_TOPIC_EXCEPTION, INVALID_TOPIC_EXCEPTION, 0, INVALID_TOPIC_EXCEPTION],
      [ErrorCode.INVALID_PARTITIONS, ErrorCode.INVALID_PARTITIONS, ErrorCode.INVALID_REPLICATION_FACTOR],
      [INVALID_CONFIG, INVALID_CONFIG, INVALID_REQUEST, ErrorCode.INVALID_REPLICA_ASSIGNMENT, 0, 0],
    ]
    expect(codes).toEqual(expected.flat())
  })

  test('only to validate makes nothing', async () => {
    expect(await create([{ name: 'only-validated' }], { validateOnly: true })).toEqual([0])
    expect((await produce(client, 'only-validated', clientBatch(['x']))).errorCode).toBe(
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    )
  })
})

describe('DeleteTopics', () => {
  test('by name and by id; a topic of the same name is another one', async () => {
    const first = await makeTopic(client, 'brief')
    await produce(client, 'brief', clientBatch(['old']))
    const byName = await client.send(deleteTopicsApi, 5, { topics: [], topicNames: ['brief', 'nowhere'], timeoutMs: 0 })
    expect(byName.responses.map(({ errorCode }) => errorCode)).toEqual([0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION])
    const second = await makeTopic(client, 'brief')
    expect(second).not.toBe(first)
    expect(partitionsOf(await fetch(client, [{ topic: 'brief', from: 0n }]))).toMatchObject([
      { errorCode: 0, highWatermark: 0n },
    ])
    const topics = [first, second].map((topicId) => ({ name: null, topicId }))
    const byId = await client.send(deleteTopicsApi, 6, { topics, topicNames: [], timeoutMs: 0 })
    expect(byId.responses.map(({ errorCode, name }) => [errorCode, name])).toEqual([
      [ErrorCode.UNKNOWN_TOPIC_ID, null],
      [0, 'brief'],
    ])
  })
})

test('a request that makes or deletes many topics keeps nobody else waiting until it is done', async () => {
  const [busy, other] = [await scene.connect(), await scene.connect()]
  const names = Array.from({ length: 60 }, (_, n) => `many-${n}`)
  const answered: string[] = []
  const meanwhile = async (work: Promise<unknown>): Promise<void> => {
    const software = { clientSoftwareName: 'other', clientSoftwareVersion: '1' }
    const asked = other.send(apiVersionsApi, 3, software).then(() => answered.push('other'))
    await Promise.all([work.then(() => answered.push('work')), asked])
  }
  const topics = names.map((name) => ({ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }))
  await meanwhile(busy.send(createTopicsApi, 7, { topics, timeoutMs: 1000, validateOnly: false }))
  await meanwhile(busy.send(deleteTopicsApi, 5, { topics: [], topicNames: names, timeoutMs: 1000 }))
  expect(answered).toEqual(['other', 'work', 'other', 'work'])
})

test('with delete.topic.enable=false clients delete no topics, and commands that have the directory do', async () => {
  const other = await ServeScene.start(['--override', 'delete.topic.enable=false'])
  try {
    const ours = await other.connect()
    await makeTopic(ours, 'kept')
    const codes = [1, 2, 3, 6].map(async (version) => {
      const request = { topics: [{ name: 'kept', topicId: NO_ID }], topicNames: ['kept'], timeoutMs: 1000 }
      return (await ours.send(deleteTopicsApi, version, request)).responses[0]?.errorCode
    })
    const { INVALID_REQUEST, TOPIC_DELETION_DISABLED } = ErrorCode
    expect(await Promise.all(codes)).toEqual([
      INVALID_REQUEST,
      INVALID_REQUEST,
      TOPIC_DELETION_DISABLED,
      TOPIC_DELETION_DISABLED,
    ])
    expect(runBinary(['-d', other.directory, 'topics', 'delete', 'kept', '--yes']).code).toBe(0)
  } finally {
    await other.remove()
  }
})

test('CreatePartitions adds what is missing, and never takes away', async () => {
  await makeTopic(client, 'growing')
  const grow = async (count: number, validateOnly = false): Promise<number | undefined> => {
    const topics = [{ name: 'growing', count, assignments: null }]
    return (await client.send(createPartitionsApi, 3, { topics, timeoutMs: 0, validateOnly })).results[0]?.errorCode
  }
  expect([await grow(1), await grow(4, true), await grow(3), await grow(2)]).toEqual([37, 0, 0, 37])
  expect((await produce(client, 'growing', clientBatch(['x']), { partition: 2 })).errorCode).toBe(0)
  expect((await produce(client, 'growing', clientBatch(['x']), { partition: 3 })).errorCode).toBe(3)
})

test('DeleteRecords moves the start of the log, and no further than its end', async () => {
  await makeTopic(client, 'trimmed')
  for (let i = 0; i < 4; i++) await produce(client, 'trimmed', clientBatch([`v${i}`]))
  const trim = async (before: bigint, topic = 'trimmed'): Promise<unknown> => {
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, offset: offset(before) }] }]
    const answer = (await client.send(deleteRecordsApi, 2, { topics, timeoutMs: 0 })).topics[0]?.partitions[0]
    return [answer?.errorCode, answer?.lowWatermark]
  }
  expect(await trim(2n)).toEqual([0, 2n])
  expect(await trim(1n)).toEqual([0, 2n])
  expect(await trim(5n)).toEqual([ErrorCode.OFFSET_OUT_OF_RANGE, -1n])
  expect(partitionsOf(await fetch(client, [{ topic: 'trimmed', from: 1n }]))).toMatchObject([
    { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE },
  ])
  expect(recordsOf(await fetch(client, [{ topic: 'trimmed', from: 2n }]))).toEqual(['2 v2', '3 v3'])
  expect((await listOffset(client, 'trimmed', -2)).offset).toBe(2n)
  expect(await trim(-1n)).toEqual([0, 4n])
  await create([{ name: 'compacted', configs: [{ name: 'cleanup.policy', value: 'compact' }] }])
  expect(await trim(0n, 'compacted')).toEqual([ErrorCode.POLICY_VIOLATION, -1n])
})

describe('configurations', () => {
  test('are told with their sources, defaults included, and exactly as Connect looks for them', async () => {
    await create([{ name: 'configured', configs: [{ name: 'cleanup.policy', value: 'compact' }] }])
    const { configs, errorCode } = await described(topicType, 'configured')
    expect(errorCode).toBe(0)
    expect(configs.length).toBeGreaterThan(25)
    expect(configs.find(({ name }) => name === 'cleanup.policy')).toMatchObject({
      value: 'compact',
      configSource: 1,
      configType: 7,
      synonyms: [
        { name: 'cleanup.policy', value: 'compact', source: 1 },
        { name: 'log.cleanup.policy', value: 'delete', source: 5 },
      ],
    })
    expect((await described(topicType, 'configured', ['retention.ms'])).configs).toMatchObject([
      { name: 'retention.ms', value: '604800000', configSource: 5, configType: 5 },
    ])
    expect((await described(topicType, 'configured', [])).configs.length).toBe(configs.length)
    expect((await described(topicType, 'nowhere')).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    expect((await described(topicType, 'no where')).errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
    expect((await described(brokerType, '1', ['num.partitions'])).configs).toMatchObject([
      { value: '1', readOnly: true },
    ])
    expect((await described(brokerType, '7')).errorCode).toBe(ErrorCode.INVALID_REQUEST)
  })

  test('are changed one by one, or all at once, and are in force at once', async () => {
    await makeTopic(client, 'altered')
    const change = async (name: string, configOperation: number, value: string | null): Promise<number | undefined> => {
      const resources = [
        { resourceType: topicType, resourceName: 'altered', configs: [{ name, configOperation, value }] },
      ]
      return (await client.send(incrementalAlterConfigsApi, 1, { resources, validateOnly: false })).responses[0]
        ?.errorCode
    }
    const valueOf = async (name: string): Promise<string | null | undefined> =>
      (await described(topicType, 'altered', [name])).configs[0]?.value
    expect(await change('max.message.bytes', 0, '100')).toBe(0)
    expect((await produce(client, 'altered', clientBatch(['x'.repeat(100)]))).errorCode).toBe(
      ErrorCode.MESSAGE_TOO_LARGE,
    )
    expect(await change('max.message.bytes', 1, null)).toBe(0)
    expect((await produce(client, 'altered', clientBatch(['x'.repeat(100)]))).errorCode).toBe(0)
    expect(await change('cleanup.policy', 2, 'compact')).toBe(0)
    expect(await valueOf('cleanup.policy')).toBe('delete,compact')
    expect(await change('cleanup.policy', 3, 'delete')).toBe(0)
    expect(await valueOf('cleanup.policy')).toBe('compact')
    expect(await change('cleanup.policy', 3, 'compact')).toBe(0)
    expect(await valueOf('cleanup.policy')).toBe('')
    expect(await change('cleanup.policy', 2, 'delete, compact')).toBe(0)
    expect(await valueOf('cleanup.policy')).toBe('delete,compact')
    for (const [operation, value] of [
      [2, '0:1'],
      [2, '1:1'],
      [3, '0:1'],
    ] as const) {
      expect(await change('leader.replication.throttled.replicas', operation, value)).toBe(0)
    }
    expect(await valueOf('leader.replication.throttled.replicas')).toBe('1:1')
    expect(await change('retention.ms', 2, '5')).toBe(ErrorCode.INVALID_CONFIG)
    expect(await change('no.such', 0, '5')).toBe(ErrorCode.INVALID_CONFIG)
    const resources = [
      { resourceType: topicType, resourceName: 'altered', configs: [{ name: 'segment.bytes', value: '1048576' }] },
    ]
    const replaced = await client.send(alterConfigsApi, 2, { resources, validateOnly: false })
    expect(replaced.responses[0]?.errorCode).toBe(0)
    expect([await valueOf('cleanup.policy'), await valueOf('segment.bytes')]).toEqual(['delete', '1048576'])
    const shown = runBinary(['-d', scene.directory, 'topics', 'describe', 'altered', '--json']).stdout.toString()
    expect(shown).toContain('1048576')
  })
})

test("what a topic leaves to the broker is told as the broker's, and kept to by our own commands", async () => {
  const other = await ServeScene.start(['--override', 'message.max.bytes=20000'])
  try {
    const lines = Array.from({ length: 20_000 }, (_, n) => `${n}\n`).join('')
    for (const way of [
      ['-d', other.directory],
      ['-b', other.address],
    ]) {
      const { code, stderr } = runBinary(['produce', 'bounded', ...way], lines)
      expect([code, stderr]).toEqual([0, ''])
    }
    const shown = runBinary(['topics', 'describe', 'bounded', '--all-configs', '-b', other.address]).stdout.toString()
    expect(shown).toContain('max.message.bytes\t20000\tdefault\t')
    const { results } = await (
      await other.connect()
    ).send(describeConfigsApi, 4, {
      resources: [
        { resourceType: topicType, resourceName: 'bounded', configurationKeys: ['max.message.bytes', 'retention.ms'] },
      ],
      includeSynonyms: true,
      includeDocumentation: false,
    })
    expect(results[0]?.configs).toMatchObject([
      {
        value: '20000',
        configSource: 4,
        synonyms: [
          { name: 'message.max.bytes', value: '20000', source: 4 },
          { name: 'message.max.bytes', value: '1048588', source: 5 },
        ],
      },
      { value: '604800000', configSource: 5 },
    ])
  } finally {
    await other.remove()
  }
})

test('DescribeLogDirs tells the sizes of partitions and of the disk', async () => {
  await makeTopic(client, 'sized')
  const batch = clientBatch(['x'])
  await produce(client, 'sized', batch)
  const { results } = await client.send(describeLogDirsApi, 4, {
    topics: [
      { topic: 'sized', partitions: [0, 1] },
      { topic: 'nowhere', partitions: [0] },
    ],
  })
  expect(results[0]?.topics.length).toBe(1)
  expect(results).toMatchObject([
    {
      errorCode: 0,
      logDir: scene.directory,
      topics: [{ name: 'sized', partitions: [{ partitionSize: BigInt(batch.length) }] }],
    },
  ])
  expect(results[0]?.totalBytes).toBeGreaterThan(results[0]?.usableBytes ?? 0n)
  const all = await client.send(describeLogDirsApi, 1, { topics: null })
  expect(all.results[0]?.topics.length).toBeGreaterThan(5)
})

test('DescribeCluster names this broker', async () => {
  const answer = await client.send(describeClusterApi, 1, {
    includeClusterAuthorizedOperations: false,
    endpointType: 1,
  })
  expect(answer).toMatchObject({
    errorCode: 0,
    controllerId: 1,
    brokers: [{ brokerId: 1, host: '127.0.0.1', port: scene.port }],
  })
  const controllers = await client.send(describeClusterApi, 1, {
    includeClusterAuthorizedOperations: false,
    endpointType: 2,
  })
  expect(controllers.errorCode).toBe(ErrorCode.MISMATCHED_ENDPOINT_TYPE)
  const others = await client.send(describeClusterApi, 1, {
    includeClusterAuthorizedOperations: false,
    endpointType: 9,
  })
  expect(others.errorCode).toBe(ErrorCode.UNSUPPORTED_ENDPOINT_TYPE)
  expect(NO_ID.length).toBe(22)
})
