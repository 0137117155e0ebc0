import { Consumer as PlatformaticConsumer, stringDeserializers } from '@platformatic/kafka'
import { type Consumer, Kafka, logLevel } from 'kafkajs'
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toolOrSkip } from '../support/require-tool.ts'
import { runBinary } from '../support/run-binary.ts'
import { ServeScene } from './serve-scene.ts'

const flags = ['--group-initial-rebalance-delay-ms', '100']

let scene: ServeScene

beforeAll(async () => {
  scene = await ServeScene.start(flags)
})
afterAll(() => scene.remove())

/** A topic of four partitions with so many records in each. */
function topic(name: string, recordsEach = 25, { directory } = scene): readonly string[] {
  runBinary(['-d', directory, 'topics', 'create', name, '--partitions', '4'])
  const values = [0, 1, 2, 3].map((p) => Array.from({ length: recordsEach }, (_, i) => `${name} ${p} ${i}`))
  values.forEach((lines, p) => {
    runBinary(['-d', directory, 'produce', name, '--partition', String(p)], lines.map((line) => `${line}\n`).join(''))
  })
  return values.flat()
}

/** What the shell says about a group: a line of fields for each partition. */
function described(group: string, { directory } = scene): string {
  return runBinary(['-d', directory, 'groups', 'describe', group]).stdout.toString()
}

interface Member {
  readonly consumer: Consumer
  readonly values: string[]
  partitions: number
}

/** A consumer of kafkajs that reads a topic into `values`. */
async function member(groupId: string, from: string, { port } = scene): Promise<Member> {
  const kafka = new Kafka({
    clientId: 'test',
    brokers: [`127.0.0.1:${port}`],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, retries: 50 },
  })
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: 6000,
    heartbeatInterval: 100,
    rebalanceTimeout: 5000,
    maxWaitTimeInMs: 100,
  })
  const own: Member = { consumer, values: [], partitions: 0 }
  consumer.on('consumer.group_join', ({ payload }) => {
    own.partitions = payload.memberAssignment[from]?.length ?? 0
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [from], fromBeginning: true })
  await consumer.run({
    autoCommitInterval: 50,
    eachMessage: async ({ message }) => void own.values.push(message.value?.toString() ?? ''),
  })
  return own
}

const soon = { timeout: 15_000, interval: 20 }

describe('kafkajs', () => {
  test('members share the partitions, and take over those of one that leaves', async () => {
    const values = topic('shared')
    const one = await member('sharing', 'shared')
    await expect.poll(() => one.values.toSorted(), soon).toEqual(values.toSorted())
    const two = await member('sharing', 'shared')
    await expect.poll(() => [one.partitions, two.partitions], soon).toEqual([2, 2])
    runBinary(['-d', scene.directory, 'produce', 'shared', '--partition', '0'], 'more\n')
    runBinary(['-d', scene.directory, 'produce', 'shared', '--partition', '1'], 'more\n')
    await expect.poll(() => [...one.values, ...two.values].filter((value) => value === 'more'), soon).toHaveLength(2)
    await one.consumer.disconnect()
    await expect.poll(() => two.partitions, soon).toBe(4)
    await two.consumer.disconnect()
    const lags = described('sharing').trim().split('\n')
    expect(lags).toHaveLength(4)
    expect(two.values.length + one.values.length).toBe(values.length + 2)
  }, 30_000)

  test('a member goes on where it was when the broker is killed and comes back', async () => {
    const own = await ServeScene.start(flags)
    const values = topic('durable', 10, own)
    const before = await member('surviving', 'durable', own)
    await expect.poll(() => before.values.toSorted(), soon).toEqual(values.toSorted())
    await expect.poll(() => described('surviving', own).match(/\t10\t/g)?.length, soon).toBe(4)
    const { port } = own
    await own.stop('SIGKILL')
    const again = await ServeScene.start(['--listen', `127.0.0.1:${port}`, ...flags], own.directory)
    runBinary(['-d', own.directory, 'produce', 'durable', '--partition', '2'], 'after\n')
    await expect.poll(() => before.values.includes('after'), soon).toBe(true)
    expect(before.values.toSorted()).toEqual([...values, 'after'].toSorted())
    await before.consumer.disconnect()
    await again.remove()
  }, 40_000)
})

describe('@platformatic/kafka', () => {
  test('reads as a member of a group, and commits', async () => {
    const values = topic('platformatic')
    const consumer = new PlatformaticConsumer({
      clientId: 'test',
      groupId: 'platformatic-group',
      bootstrapBrokers: [scene.address],
      deserializers: stringDeserializers,
      sessionTimeout: 6000,
      heartbeatInterval: 500,
      autocommit: false,
    })
    const stream = await consumer.consume({ topics: ['platformatic'], mode: 'earliest', maxWaitTime: 100 })
    const seen: string[] = []
    for await (const message of stream) {
      seen.push(message.value)
      if (seen.length < values.length) continue
      await message.commit()
      break
    }
    expect(seen.toSorted()).toEqual([...values].toSorted())
    await new Promise((resolve) => consumer.close(true, resolve))
    expect(described('platformatic-group')).toContain('\t25\t')
  }, 30_000)
})

describe('kcat', () => {
  const kcat = toolOrSkip('kcat')
  test.skipIf(kcat === undefined)(
    'reads as a member of a group, and goes on where the last one ended',
    () => {
      const values = topic('kcat-group')
      const read = (): string[] => {
        const args = ['-b', scene.address, '-X', 'auto.offset.reset=earliest', '-e', '-q', '-G', 'kcats', 'kcat-group']
        return spawnSync('kcat', args).stdout.toString().split('\n').slice(0, -1)
      }
      expect(read().toSorted()).toEqual(values.toSorted())
      runBinary(['-d', scene.directory, 'produce', 'kcat-group', '--partition', '3'], 'one more\n')
      expect(read()).toEqual(['one more'])
    },
    30_000,
  )
})

/** What a script of python prints when it runs against the broker; Debian's packages are for the system's python. */
function python(script: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', script, scene.address, ...args])
  if (status !== 0) throw new Error(stderr.toString())
  return stdout.toString().trim()
}

function hasPython(module: string): boolean {
  return spawnSync('/usr/bin/python3', ['-c', `import ${module}`]).status === 0
}

describe('python', () => {
  test.skipIf(!hasPython('kafka'))(
    'kafka-python reads as a member, commits, and administrates groups',
    () => {
      topic('python')
      const script = [
        'import sys',
        'from kafka import KafkaAdminClient, KafkaConsumer',
        'broker = sys.argv[1]',
        "consumer = KafkaConsumer('python', bootstrap_servers=broker, group_id='pythons', auto_offset_reset='earliest')",
        'values = [next(consumer).value for _ in range(100)]',
        'consumer.commit()',
        'consumer.close()',
        'admin = KafkaAdminClient(bootstrap_servers=broker)',
        "offsets = sorted(at.offset for at in admin.list_consumer_group_offsets('pythons').values())",
        "state = admin.describe_consumer_groups(['pythons'])[0].state",
        "print(len(set(values)), offsets, state, ('pythons', 'consumer') in admin.list_consumer_groups())",
      ]
      expect(python(script.join('\n'))).toBe('100 [25, 25, 25, 25] Empty True')
    },
    30_000,
  )

  test.skipIf(!hasPython('confluent_kafka'))(
    'a static member of confluent_kafka comes back without a rebalance',
    () => {
      topic('static')
      const script = [
        'import sys',
        'from confluent_kafka import Consumer',
        'assigned = {"a": 0, "b": 0}',
        'def member(name):',
        "    consumer = Consumer({'bootstrap.servers': sys.argv[1], 'group.id': 'statics', 'group.instance.id': name,",
        "        'session.timeout.ms': 10000, 'heartbeat.interval.ms': 100, 'auto.offset.reset': 'earliest'})",
        '    def on_assign(_, partitions):',
        '        assigned[name] += 1',
        "    consumer.subscribe(['static'], on_assign=on_assign)",
        '    return consumer',
        "a, b = member('a'), member('b')",
        'while len(a.assignment()) != 2 or len(b.assignment()) != 2:',
        '    a.poll(0.05), b.poll(0.05)',
        'before, of_b = sorted(p.partition for p in a.assignment()), assigned["b"]',
        'a.close()',
        "a = member('a')",
        'while not a.assignment():',
        '    a.poll(0.05), b.poll(0.05)',
        'for _ in range(10):',
        '    a.poll(0.05), b.poll(0.05)',
        "print(sorted(p.partition for p in a.assignment()) == before, assigned['b'] == of_b)",
        'a.close(), b.close()',
      ]
      expect(python(script.join('\n'))).toBe('True True')
    },
    30_000,
  )
})
