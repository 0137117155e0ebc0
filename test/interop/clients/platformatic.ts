import {
  Admin,
  ConfigResourceTypes,
  Consumer,
  ListOffsetTimestamps,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import { shared, staticMembers, until, woken } from './members.ts'
import { LibraryClient, type TriedClient } from './tried-client.ts'

interface Produced {
  readonly topic: string
  readonly values: readonly string[]
  readonly codec?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly idempotent?: boolean
  readonly time?: number
}

interface Group {
  readonly topic: string
  readonly group: string
  readonly count: number
}

/** @platformatic/kafka. */
export function platformatic(bootstrap: string): TriedClient {
  const client = { clientId: 'interop', bootstrapBrokers: [bootstrap], retries: 5 }
  const admin = new Admin(client)
  const topicOf = (topic: string) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic })
  const offsets = async (topic: string, timestamp: bigint): Promise<readonly bigint[]> => {
    const { partitionsCount = 0 } =
      (await admin.metadata({ topics: [topic], forceUpdate: true })).topics.get(topic) ?? {}
    const partitions = Array.from({ length: partitionsCount }, (_, partitionIndex) => ({ partitionIndex, timestamp }))
    const [told] = await admin.listOffsets({ topics: [{ name: topic, partitions }] })
    return told?.partitions.map(({ offset }) => offset) ?? []
  }
  const producing = async <T>(
    act: (producer: Producer<string, string, string, string>) => Promise<T>,
    idempotent = false,
  ) => {
    const producer = new Producer({ ...client, serializers: stringSerializers, autocreateTopics: true, idempotent })
    return act(producer).finally(() => producer.close())
  }
  const steps = {
    create: async ({
      topic,
      partitions = 1,
      configs = {},
    }: {
      topic: string
      partitions?: number
      configs?: object
    }) => {
      await admin.createTopics({
        topics: [topic],
        partitions,
        replicas: 1,
        configs: Object.entries(configs).map(([name, value]) => ({ name, value: String(value) })),
      })
    },
    delete: ({ topic }: { topic: string }) => admin.deleteTopics({ topics: [topic] }),
    addPartitions: ({ topic, count }: { topic: string; count: number }) =>
      admin.createPartitions({ topics: [{ name: topic, count, assignments: null as never }] }),
    partitions: async ({ topic }: { topic: string }) =>
      (await admin.metadata({ topics: [topic], forceUpdate: true })).topics.get(topic)?.partitionsCount,
    configs: async ({ topic, keys }: { topic: string; keys: string[] }) => {
      const [told] = await admin.describeConfigs({ resources: [{ ...topicOf(topic), configurationKeys: keys }] })
      return told?.configs.map(({ name, value, configSource }) => [name, value, configSource]).toSorted()
    },
    alter: ({ topic, configs }: { topic: string; configs: Record<string, string> }) =>
      admin.incrementalAlterConfigs({
        resources: [
          {
            ...topicOf(topic),
            configs: Object.entries(configs).map(([name, value]) => ({ name, value, configOperation: 0 })),
          },
        ],
      }),
    trim: ({ topic, offset }: { topic: string; offset: number }) =>
      admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: BigInt(offset) }] }] }),
    bounds: async ({ topic }: { topic: string }) => {
      const starts = await offsets(topic, ListOffsetTimestamps.EARLIEST)
      const ends = await offsets(topic, ListOffsetTimestamps.LATEST)
      return starts.map((start, i) => [start, ends[i]])
    },
    at: async ({ topic, time }: { topic: string; time: number }) => offsets(topic, BigInt(time)),
    produce: ({ topic, values, codec = 'none', idempotent = false, time = 1_700_000_000_000 }: Produced) =>
      producing(
        async (producer) =>
          (
            await producer.send({
              acks: -1,
              ...(codec !== 'none' && { compression: codec }),
              messages: values.map((value, i) => ({
                topic,
                partition: 0,
                key: `k${i}`,
                value,
                headers: { h: String(i) },
                timestamp: BigInt(time + i),
              })),
            })
          ).offsets,
        idempotent,
      ),
    consume: async ({ topic, count, start = 0 }: { topic: string; count: number; start?: number }) => {
      const records: unknown[] = []
      const consumer = new Consumer({
        ...client,
        groupId: `reads-${topic}-${start}`,
        deserializers: stringDeserializers,
      })
      const from = [{ topic, partition: 0, offset: BigInt(start) }]
      const stream = await consumer.consume({
        topics: [topic],
        mode: 'manual',
        offsets: from,
        maxWaitTime: 100,
        autocommit: false,
      })
      stream.on('data', ({ offset, timestamp, key, value, headers }) => {
        records.push([offset, timestamp, key, value, headers.get('h')])
      })
      await until(() => records.length >= count)
      await new Promise((resolve) => consumer.close(true, resolve))
      return records
    },
    wake: async ({ topic }: { topic: string }) => {
      const values: string[] = []
      const consumer = new Consumer({ ...client, groupId: `wake-${topic}`, deserializers: stringDeserializers })
      const stream = await consumer.consume({ topics: [topic], mode: 'latest', maxWaitTime: 10_000, autocommit: false })
      stream.on('data', ({ value }) => values.push(value))
      // It asks for the latest offset after it has joined, and does not say when it has it.
      await new Promise((resolve) => setTimeout(resolve, 4000))
      const isEarly = await producing((producer) =>
        woken(values, () => producer.send({ messages: [{ topic, partition: 0, value: 'wake' }] })),
      )
      await new Promise((resolve) => consumer.close(true, resolve))
      return { values, isEarly }
    },
    share: ({ topic, group, count }: Group) => shared(count, () => member(client, topic, group)),
    static: ({ topic, group, count }: Group) =>
      staticMembers(count, (groupInstanceId) => member(client, topic, group, { groupInstanceId })),
    committed: async ({ group }: Group) => {
      const [told] = await admin.listConsumerGroupOffsets({ groups: [group] })
      return told?.topics.flatMap(({ partitions }) =>
        partitions.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]).toSorted(byFirst),
      )
    },
    group: async ({ group }: Group) => {
      const told = (await admin.describeGroups({ groups: [group] })).get(group)
      return { listed: (await admin.listGroups()).has(group), state: told?.state, members: told?.members.size }
    },
    dropGroup: ({ group }: Group) => admin.deleteGroups({ groups: [group] }),
    cluster: async () => (await admin.metadata({ forceUpdate: true })).brokers.size,
    logDirs: async ({ topic }: { topic: string }) => {
      const told = await admin.describeLogDirs({ topics: [{ name: topic, partitions: [0] }] })
      return told.flatMap(({ results }) =>
        results.flatMap(({ topics }) =>
          topics.map(({ name, partitions }) => [
            name,
            partitions.map(({ partitionIndex, partitionSize }) => [partitionIndex, partitionSize > 0n]),
          ]),
        ),
      )
    },
  }
  return new LibraryClient(steps, nameOf, () => admin.close())
}

function byFirst([a = 0]: readonly (number | bigint)[], [b = 0]: readonly (number | bigint)[]): number {
  return Number(a) - Number(b)
}

function nameOf(error: unknown): string {
  const { apiId, errors, cause, message } = error as {
    apiId?: string
    errors?: unknown[]
    cause?: unknown
    message: string
  }
  if (apiId !== undefined) return apiId
  if (errors?.[0] !== undefined) return nameOf(errors[0])
  return cause === undefined ? message : nameOf(cause)
}

async function member(
  client: { clientId: string; bootstrapBrokers: string[] },
  topic: string,
  groupId: string,
  options: { groupInstanceId?: string } = {},
) {
  const values: string[] = []
  let changes = 0
  const consumer = new Consumer({
    ...client,
    ...options,
    groupId,
    deserializers: stringDeserializers,
    sessionTimeout: 10_000,
    heartbeatInterval: 200,
    autocommit: 50,
  })
  consumer.on('consumer:group:join', () => (changes += 1))
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    maxWaitTime: 100,
  })
  stream.on('data', ({ value }) => values.push(value))
  return {
    values,
    get partitions() {
      return consumer.assignments?.flatMap(({ partitions }) => partitions).toSorted() ?? []
    },
    changes: () => changes,
    end: () => new Promise((resolve) => consumer.close(true, resolve)),
  }
}
