import { CompressionTypes, type Consumer, Kafka, type KafkaJSProtocolError, logLevel, type Producer } from 'kafkajs'
import { LibraryClient, type TriedClient } from './tried-client.ts'
import { shared, until, woken } from './members.ts'

interface Produced {
  readonly topic: string
  readonly values: readonly string[]
  readonly codec?: string
  readonly idempotent?: boolean
  readonly time?: number
}

/** Kafka's number of a topic as the resource of configurations; the name that kafkajs has for it cannot be imported. */
const topicResource = 2

/** kafkajs. */
export function kafkajs(bootstrap: string): TriedClient {
  const kafka = new Kafka({
    clientId: 'interop',
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 100, retries: 4 },
  })
  const admin = kafka.admin()
  const connected = admin.connect()
  const producing = async <T>(options: object, act: (producer: Producer) => Promise<T>): Promise<T> => {
    const producer = kafka.producer(options)
    await producer.connect()
    return act(producer).finally(() => producer.disconnect())
  }
  const topicOf = (topic: string, configs: Readonly<Record<string, string>> = {}) => ({
    type: topicResource,
    name: topic,
    configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
  })
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
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value: String(value) }))
      await connected
      const isMade = await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] })
      if (!isMade) throw new Error('exists')
    },
    delete: ({ topic }: { topic: string }) => admin.deleteTopics({ topics: [topic] }),
    addPartitions: ({ topic, count }: { topic: string; count: number }) =>
      admin.createPartitions({ topicPartitions: [{ topic, count }] }),
    partitions: async ({ topic }: { topic: string }) =>
      (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions.length,
    configs: async ({ topic, keys }: { topic: string; keys: string[] }) => {
      const { resources } = await admin.describeConfigs({
        resources: [{ ...topicOf(topic), configNames: keys }],
        includeSynonyms: false,
      })
      return resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]).toSorted()
    },
    alter: ({ topic, configs }: { topic: string; configs: Record<string, string> }) =>
      admin.alterConfigs({ validateOnly: false, resources: [topicOf(topic, configs)] }),
    trim: async ({ topic, offset }: { topic: string; offset: number }) => {
      // It deletes only in topics that it has looked at before.
      await admin.fetchTopicOffsets(topic)
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] })
    },
    bounds: async ({ topic }: { topic: string }) =>
      (await admin.fetchTopicOffsets(topic)).map(({ low, high }) => [low, high]),
    at: async ({ topic, time }: { topic: string; time: number }) => admin.fetchTopicOffsetsByTimestamp(topic, time),
    produce: ({ topic, values, codec = 'none', idempotent = false, time = 1_700_000_000_000 }: Produced) =>
      producing({ idempotent, allowAutoTopicCreation: true }, (producer) =>
        producer.send({
          topic,
          acks: -1,
          compression: codec === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None,
          messages: values.map((value, i) => ({
            partition: 0,
            key: `k${i}`,
            value,
            headers: { h: String(i) },
            timestamp: String(time + i),
          })),
        }),
      ),
    consume: ({ topic, count, start = 0 }: { topic: string; count: number; start?: number }) =>
      consumed(kafka, { topic, count, start }),
    wake: async ({ topic }: { topic: string }) => {
      const values: string[] = []
      const consumer = kafka.consumer({ groupId: `wake-${topic}`, maxWaitTimeInMs: 10_000 })
      await running(consumer, topic, false, (value) => values.push(value))
      await new Promise((resolve) => setTimeout(resolve, 500))
      const isEarly = await producing({}, (producer) =>
        woken(values, () => producer.send({ topic, messages: [{ value: 'wake', partition: 0 }] })),
      )
      await consumer.disconnect()
      return { values, isEarly }
    },
    share: ({ topic, group, count }: { topic: string; group: string; count: number }) =>
      shared(count, () => member(kafka, topic, group)),
    committed: async ({ topic, group }: { topic: string; group: string }) =>
      (await admin.fetchOffsets({ groupId: group, topics: [topic] }))[0]?.partitions.map(({ offset }) => offset),
    group: async ({ group }: { group: string }) => {
      const [told] = (await admin.describeGroups([group])).groups
      const { groups } = await admin.listGroups()
      return {
        listed: groups.some(({ groupId }) => groupId === group),
        state: told?.state,
        members: told?.members.length,
      }
    },
    dropGroup: ({ group }: { group: string }) => admin.deleteGroups([group]),
    cluster: async () => (await admin.describeCluster()).brokers.length,
  }
  return new LibraryClient(steps, nameOf, () => admin.disconnect())
}

function nameOf(error: unknown): string {
  const { type, name, errors, partitions } = error as KafkaJSProtocolError & {
    errors?: unknown[]
    partitions?: { error: unknown }[]
  }
  if (partitions?.[0] !== undefined) return nameOf(partitions[0].error)
  return (
    type ??
    (errors === undefined ? (error instanceof Error ? `${name}: ${error.message}` : String(error)) : nameOf(errors[0]))
  )
}

async function running(consumer: Consumer, topic: string, fromBeginning: boolean, take: (value: string) => void) {
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning })
  const joined = new Promise<void>((resolve) => void consumer.on('consumer.group_join', () => resolve()))
  await consumer.run({
    autoCommitInterval: 50,
    eachMessage: async ({ message }) => take(message.value?.toString() ?? ''),
  })
  await joined
}

async function consumed(kafka: Kafka, { topic, count, start }: { topic: string; count: number; start: number }) {
  const records: unknown[] = []
  const consumer = kafka.consumer({ groupId: `reads-${topic}-${start}`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message: { offset, timestamp, key, value, headers } }) => {
      if (Number(offset) < start) return
      records.push([offset, timestamp, String(key), String(value), String(headers?.['h'])])
    },
  })
  consumer.seek({ topic, partition: 0, offset: String(start) })
  await until(() => records.length >= count)
  await consumer.disconnect()
  return records
}

async function member(kafka: Kafka, topic: string, groupId: string) {
  const values: string[] = []
  const own = { values, partitions: [] as number[], end: () => consumer.disconnect() }
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: 10_000,
    heartbeatInterval: 100,
    maxWaitTimeInMs: 100,
  })
  consumer.on('consumer.group_join', ({ payload }) => {
    own.partitions = payload.memberAssignment[topic] ?? []
  })
  await running(consumer, topic, true, (value) => values.push(value))
  return own
}
