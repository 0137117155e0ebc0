import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeClusterApi } from '../../src/protocol/messages/describe-cluster.ts'
import { describeGroupsApi } from '../../src/protocol/messages/describe-groups.ts'
import { metadataApi, metadataRequest } from '../../src/protocol/messages/metadata.ts'
import { SecureScene } from '../broker/secure-scene.ts'
import { kafkaJars, kafkaMissing } from '../support/kafka/home.ts'
import { toolOrSkip } from '../support/require-tool.ts'
import { type ClientKind, programs, python, quickJava } from './clients/all-clients.ts'
import { kcat } from './clients/kcat.ts'
import { ProgramClient } from './clients/tried-client.ts'
import { answers, compared } from './comparison.ts'
import { script } from './script.ts'
import {
  connected,
  printed,
  pythonSettings,
  rdkafkaSettings,
  saslFile,
  type SecuredBroker,
  securedKafka,
  securedServe,
  sslFile,
} from './secured-brokers.ts'

const isPossible = kafkaMissing() === undefined && ['kcat', 'openssl'].every((tool) => toolOrSkip(tool) !== undefined)

const acls = (...words: string[]): readonly string[] => [
  'org.apache.kafka.tools.AclCommand',
  '--command-config',
  ...words,
]
const configs = (...words: string[]): readonly string[] => ['kafka.admin.ConfigCommand', '--command-config', ...words]

const pattern = ['--resource-pattern-type', 'prefixed'] as const
/** What Alice may not do, from one host. */
const prohibition = '--deny-principal User:alice --deny-host 10.0.0.1 --operation All --topic app-secret'.split(' ')
const entity = (type: string, name: string): readonly string[] => ['--entity-type', type, '--entity-name', name]

/** What is asked of Apache Kafka's tools, in this order. */
const toolSteps: readonly (readonly [string, readonly string[]])[] = [
  [
    'kafka-acls --add',
    acls(
      '--add',
      '--allow-principal',
      'User:alice',
      '--operation',
      'Read',
      '--operation',
      'Write',
      '--topic',
      'app-',
      ...pattern,
    ),
  ],
  ['kafka-acls --add, a prohibition', acls('--add', ...prohibition)],
  [
    'kafka-acls --add for consumers',
    acls('--add', '--allow-principal', 'User:bob', '--consumer', '--topic', 'logs', '--group', 'g'),
  ],
  ['kafka-acls --add for producers', acls('--add', '--allow-principal', 'User:bob', '--producer', '--topic', 'logs')],
  ['kafka-acls --list of a topic', acls('--list', '--topic', 'app-', ...pattern)],
  ['kafka-acls --list of what matches', acls('--list', '--topic', 'app-secret', '--resource-pattern-type', 'match')],
  ['kafka-acls --list of a group', acls('--list', '--group', 'g')],
  ['kafka-acls --remove', acls('--remove', '--force', ...prohibition)],
  ['kafka-acls --list of what is left', acls('--list', '--topic', 'app-secret', '--resource-pattern-type', 'match')],
  [
    'kafka-configs of a client',
    configs('--alter', '--add-config', 'producer_byte_rate=100000', ...entity('clients', 'slow')),
  ],
  [
    'kafka-configs of a client again',
    configs('--alter', '--add-config', 'consumer_byte_rate=2048,request_percentage=20', ...entity('clients', 'slow')),
  ],
  ['kafka-configs --describe of a client', configs('--describe', ...entity('clients', 'slow'))],
  [
    'kafka-configs of all clients',
    configs('--alter', '--add-config', 'producer_byte_rate=90000000', '--entity-type', 'clients', '--entity-default'),
  ],
  ['kafka-configs --describe of all clients', configs('--describe', '--entity-type', 'clients')],
  [
    'kafka-configs of a user',
    configs('--alter', '--add-config', 'consumer_byte_rate=4096', ...entity('users', 'carol')),
  ],
  [
    'kafka-configs of a user and a client',
    configs(
      '--alter',
      '--add-config',
      'producer_byte_rate=8192',
      ...entity('users', 'carol'),
      ...entity('clients', 'app'),
    ),
  ],
  [
    'kafka-configs --describe of a user and a client',
    configs('--describe', ...entity('users', 'carol'), ...entity('clients', 'app')),
  ],
  ['kafka-configs --describe of a user', configs('--describe', ...entity('users', 'carol'))],
  [
    'kafka-configs --delete-config',
    configs('--alter', '--delete-config', 'consumer_byte_rate', ...entity('users', 'carol')),
  ],
  ['kafka-configs --describe of what is left', configs('--describe', ...entity('users', 'carol'))],
  [
    'kafka-configs of an address',
    configs('--alter', '--add-config', 'connection_creation_rate=1000', ...entity('ips', '127.0.0.2')),
  ],
  ['kafka-configs --describe of an address', configs('--describe', ...entity('ips', '127.0.0.2'))],
  [
    'kafka-configs with a quota of nothing',
    configs('--alter', '--add-config', 'producer_byte_rate=0', ...entity('clients', 'none')),
  ],
  [
    'kafka-configs with half a byte',
    configs('--alter', '--add-config', 'producer_byte_rate=1.5', ...entity('clients', 'none')),
  ],
  [
    'kafka-configs with a quota that is none',
    configs('--alter', '--add-config', 'bytes=1', ...entity('clients', 'none')),
  ],
  [
    'kafka-configs makes a user',
    configs(
      '--alter',
      '--add-config',
      'SCRAM-SHA-512=[iterations=8192,password=bob-secret]',
      ...entity('users', 'bob'),
    ),
  ],
  ['kafka-configs --describe of a user with a password', configs('--describe', ...entity('users', 'bob'))],
  [
    'kafka-configs takes a user away',
    configs('--alter', '--delete-config', 'SCRAM-SHA-512', ...entity('users', 'bob')),
  ],
  [
    'kafka-configs takes away a user that is not there',
    configs('--alter', '--delete-config', 'SCRAM-SHA-512', ...entity('users', 'bob')),
  ],
]

/** What a client does when it is let in: enough for all kinds of requests and connections. */
const features = script.filter(({ name }) => ['produce gzip', 'groups', 'admin'].includes(name))
const clients: readonly (Pick<ClientKind, 'name' | 'lacks'> & {
  readonly start: (broker: SecuredBroker) => ReturnType<ClientKind['start']>
})[] = [
  { name: 'kcat 1.7.1', lacks: ['groups', 'admin'], start: (broker) => kcat(broker.sasl, rdkafkaSettings(broker)) },
  {
    name: 'python3-kafka 2.0.2',
    lacks: [],
    start: (broker) =>
      new ProgramClient(python, [`${programs}kafka_python.py`, broker.sasl, JSON.stringify(pythonSettings(broker))]),
  },
  {
    name: 'python3-confluent-kafka 1.7',
    lacks: [],
    start: (broker) =>
      new ProgramClient(python, [`${programs}confluent.py`, broker.sasl, JSON.stringify(rdkafkaSettings(broker))]),
  },
  {
    name: 'Java client 4.3.1',
    lacks: [],
    start: (broker) => java(broker.sasl, saslFile(broker, 'admin', 'SCRAM-SHA-512')),
  },
  {
    name: 'Java client 4.3.1 with a certificate',
    // What two members of a group get in a second is a matter of luck; the row above has them.
    lacks: ['groups'],
    start: (broker) => java(broker.ssl, sslFile(broker, 'ops')),
  },
]

let kafka: SecuredBroker
let serve: SecuredBroker
/** Apache Kafka's tools, in one JVM. */
let tools: ProgramClient

describe.skipIf(!isPossible)('with TLS, logins and access rules', () => {
  beforeAll(async () => {
    ;[kafka, serve] = await Promise.all([securedKafka(), securedServe()])
    tools = new ProgramClient('java', [...quickJava, '-cp', `${kafkaJars()}/*`, `${programs}ConsoleTools.java`])
  })
  afterAll(() => Promise.all([kafka.stop(), serve.stop(), tools.close()]))

  test.each(clients)('$name gets from tslog what it gets from Apache Kafka', async ({ name, lacks, start }) => {
    const of = (broker: SecuredBroker): ReturnType<typeof answers> =>
      answers({ name, lacks, start: () => start(broker) }, '', features)
    const [theirs, ours] = await Promise.all([of(kafka), of(serve)])
    const kind = { name: name.replace(' with a certificate', ''), lacks, start: () => start(serve) }
    const faults = [...ours].flatMap(([feature, steps]) => compared(kind, feature, steps, theirs.get(feature)))
    expect(faults).toEqual([])
  })

  /** What a tool says to `admin`, without what differs from run to run. */
  async function said(broker: SecuredBroker, [tool = '', flag = '', ...words]: readonly string[]): Promise<string> {
    const file = saslFile(broker, 'admin', 'SCRAM-SHA-512')
    const answer = await tools.do({
      do: 'run',
      tool,
      words: ['--bootstrap-server', broker.sasl, flag, file, ...words],
      input: '',
    })
    return JSON.stringify(answer)
  }

  test.each(toolSteps)('%s says the same', async (_, words) => {
    const [theirs, ours] = [await said(kafka, words), await said(serve, words)]
    expect(ours).toBe(theirs)
  })

  test('kafka-configs shows the configuration of the broker, and changes that of a topic', async () => {
    expect(await said(serve, configs('--describe', '--all', ...entity('brokers', '1')))).toContain('num.partitions=4')
    const admin = saslFile(serve, 'admin', 'PLAIN')
    await printed(admin, ['-b', serve.sasl, 'topics', 'create', 'configured'])
    const topic = entity('topics', 'configured')
    expect(await said(serve, configs('--alter', '--add-config', 'retention.ms=1234', ...topic))).toContain('Completed')
    expect(await said(serve, configs('--describe', ...topic))).toContain('retention.ms=1234')
  })

  test('a client is told to who may do what with topics, groups and the cluster as Apache Kafka tells it', async () => {
    const told = async (broker: SecuredBroker, name: string): Promise<unknown> => {
      const connection = await connected(broker, name, 'SCRAM-SHA-512')
      const topics = await connection.request(metadataApi, {
        ...metadataRequest.initial(),
        topics: null,
        includeTopicAuthorizedOperations: true,
      })
      const groups = { groups: ['app-group'], includeAuthorizedOperations: true }
      const cluster = { includeClusterAuthorizedOperations: true, endpointType: 1, includeFencedBrokers: false }
      const all = [
        topics.topics.filter((one) => one.name === 'app-1').map((one) => one.topicAuthorizedOperations),
        (await connection.request(describeGroupsApi, groups, { versionMax: 5 })).groups.map((one) => [
          one.errorCode,
          one.authorizedOperations,
        ]),
        (await connection.request(describeClusterApi, cluster)).clusterAuthorizedOperations,
      ]
      connection.close()
      return all
    }
    for (const broker of [kafka, serve]) {
      const admin = saslFile(broker, 'admin', 'PLAIN')
      await printed(admin, ['-b', broker.sasl, 'produce', 'app-1'], 'one\n')
      await printed(admin, ['-b', broker.sasl, 'consume', 'app-1', '-g', 'app-group', '-c', '1'])
      await said(
        broker,
        acls('--add', '--allow-principal', 'User:alice', '--operation', 'Read', '--group', 'app-', ...pattern),
      )
      await said(broker, acls('--add', '--allow-principal', 'User:alice', '--operation', 'AlterConfigs', '--cluster'))
    }
    for (const name of ['admin', 'alice'])
      expect([name, await told(serve, name)]).toEqual([name, await told(kafka, name)])
  })

  test('a Java producer proves again who it is as long as it sends', async () => {
    const scene = await SecureScene.start(['SASL_SSL://127.0.0.1:0'], { 'connections.max.reauth.ms': '1000' })
    try {
      await scene.addUser('admin', 'admin-secret', 'SCRAM-SHA-512')
      const file = saslFile({ authority: scene.authority, files: scene.files }, 'admin', 'SCRAM-SHA-512')
      const words = ['--topic', 't', '--num-records', '400', '--record-size', '100', '--throughput', '100']
      const props = ['--producer-props', `bootstrap.servers=${scene.serve.address}`, '--producer.config', file]
      const tool = 'org.apache.kafka.tools.ProducerPerformance'
      const answer = await tools.do({ do: 'run', tool, words: [...words, ...props], input: '' })
      expect(JSON.stringify(answer)).toContain('400 records sent')
      expect(scene.serve.log).not.toContain('connection closed')
    } finally {
      await scene.remove()
    }
  })

  test('a producer above its quota is held back, as by Apache Kafka', async () => {
    const throttledMs = async (broker: SecuredBroker): Promise<number> => {
      const file = saslFile(broker, 'admin', 'SCRAM-SHA-512')
      const producer = ['bootstrap.servers', broker.sasl, 'client.id', 'slow', 'batch.size', '50000', 'linger.ms', '50']
      const props = ['--producer-props', ...pairs(producer), '--producer.config', file]
      // 1.5 MB at 100 kB/s, of which the first 1 MB goes at once.
      const size = ['--num-records', '1500', '--record-size', '1000', '--throughput', '-1', '--print-metrics']
      const words = ['--topic', 'app-1', ...size, ...props]
      const answer = JSON.stringify(
        await tools.do({ do: 'run', tool: 'org.apache.kafka.tools.ProducerPerformance', words, input: '' }),
      )
      return Number(/produce-throttle-time-max:\{client-id=slow\}\s*: ([\d.]+)/.exec(answer)?.[1])
    }
    expect(await throttledMs(kafka)).toBeGreaterThan(0)
    expect(await throttledMs(serve)).toBeGreaterThan(0)
  })
})

function java(bootstrap: string, settings: string): ProgramClient {
  return new ProgramClient('java', [
    ...quickJava,
    '-cp',
    `${kafkaJars()}/*`,
    `${programs}JavaClient.java`,
    bootstrap,
    settings,
  ])
}

function pairs(words: readonly string[]): string[] {
  return words.flatMap((word, i) => (i % 2 === 0 ? [`${word}=${words[i + 1]}`] : []))
}
