import { describe, expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { CorruptSegmentError, LockedError, RefusedError } from '../../src/base/errors.ts'
import { systemRandom } from '../../src/base/random.ts'
import type { FileSystem } from '../../src/disk/file-system.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { kafkaImport } from '../../src/storage/adoption.ts'
import { directoryOwner } from '../../src/storage/directory-ownership.ts'
import { loadKafkaImport } from '../../src/storage/kafka-import.ts'
import { LogDirectory, type LogDirectoryOptions, type Topic } from '../../src/storage/log-directory.ts'
import { batch, T0 } from '../support/batches.ts'
import {
  brokerConfig,
  metadataBatch,
  partitionRecord,
  topicConfig,
  topicId,
  topicRecord,
} from '../support/metadata-log.ts'
import { readAll } from './partition-scene.ts'

const segment = '00000000000000000000.log'
const [a, b] = [topicId('a'), topicId('b')]
const known = [
  topicRecord('logs', a),
  partitionRecord(a, 0),
  partitionRecord(a, 1),
  topicConfig('logs', 'retention.ms', '5000'),
  brokerConfig('', 'log.segment.bytes', '2000000'),
  brokerConfig('', 'min.insync.replicas', '1'),
]

/** What a Kafka broker left: topic `logs` with two partitions, of which partition 0 has two records of leader epoch 3. */
class KafkaDirectory {
  readonly fileSystem = new MemoryFileSystem()
  readonly warnings: string[] = []

  constructor(metadata: readonly Uint8Array[] = known) {
    this.fileSystem.makeDirectory('/log')
    this.write('/log/meta.properties', 'version=1\ncluster.id=c\nnode.id=1\n')
    this.addPartition('__cluster_metadata-0', 'AAAAAAAAAAAAAAAAAAAAAQ', metadataBatch(metadata))
    this.addPartition('logs-0', a, batch({ values: ['one', 'two'] }), '0\n1\n3 0\n')
    this.addPartition('logs-1', a)
  }

  addPartition(name: string, id: string, log: Uint8Array = new Uint8Array(0), epochs = '0\n0\n'): void {
    this.fileSystem.makeDirectory(`/log/${name}`)
    this.write(`/log/${name}/partition.metadata`, `version: 0\ntopic_id: ${id}`)
    this.write(`/log/${name}/leader-epoch-checkpoint`, epochs)
    this.write(`/log/${name}/${segment}`, log)
    this.fileSystem.syncDirectory('/log')
  }

  write(path: string, content: string | Uint8Array): void {
    const file = this.fileSystem.open(path, 'create')
    file.write(typeof content === 'string' ? new TextEncoder().encode(content) : content, 0)
    file.sync()
    file.close()
    this.fileSystem.syncDirectory(path.slice(0, path.lastIndexOf('/')))
  }

  text(path: string): string {
    const file = this.fileSystem.open(path, 'read')
    const bytes = new Uint8Array(file.size())
    file.read(bytes, 0)
    file.close()
    return new TextDecoder().decode(bytes)
  }

  options(fileSystem: FileSystem = this.fileSystem): LogDirectoryOptions {
    const onWarning = (text: string): void => void this.warnings.push(text)
    return {
      fileSystem,
      path: '/log',
      clock: { now: () => T0 },
      random: systemRandom,
      lockWaitMs: 0,
      kafka: kafkaImport,
      onWarning,
    }
  }

  /** Looks at it as a command that only reads. */
  read<T>(look: (directory: LogDirectory) => T): T {
    const directory = LogDirectory.openToRead(this.options())
    try {
      return look(directory)
    } finally {
      directory.close()
    }
  }

  adopt<T>(use: (directory: LogDirectory) => T): T {
    const directory = LogDirectory.openToWrite({ ...this.options(), adopt: true })
    try {
      return use(directory)
    } finally {
      directory.close()
    }
  }
}

function plain({ configs, ...topic }: Topic): object {
  return { ...topic, configs: Object.fromEntries(configs) }
}

const logs = {
  name: 'logs',
  elsewhere: [],
  id: a,
  partitionCount: 2,
  isInternal: false,
  configs: { 'retention.ms': '5000', 'segment.bytes': '2000000' },
}

describe('a directory of Kafka', () => {
  test('is read with the ids, counts and configurations of its metadata log; nothing is written', () => {
    const kafka = new KafkaDirectory()
    const before = kafka.fileSystem.operationCount
    const changes: string[] = []
    kafka.fileSystem.beforeOperation(({ name, isChange }) => void (isChange && changes.push(name)))
    expect(kafka.read((directory) => directory.topics().map(plain))).toEqual([logs])
    expect(kafka.read((directory) => directory.topicNames())).toEqual(['logs'])
    expect(kafka.read((directory) => directory.config('logs').retentionMs)).toBe(5000)
    expect([changes, kafka.fileSystem.operationCount > before]).toEqual([[], true])
  })

  test('is refused to writers that do not adopt it', () => {
    const kafka = new KafkaDirectory()
    expect(() => LogDirectory.openToWrite(kafka.options())).toThrow(RefusedError)
    expect(directoryOwner(kafka.fileSystem, '/log')).toBe('kafka')
  })

  test('keeps whole what its metadata log does not know, or knows as another topic', () => {
    const kafka = new KafkaDirectory()
    kafka.addPartition('stranger-0', b)
    kafka.addPartition('__consumer_offsets-0', topicId('c'))
    const topics = kafka.read((directory) => directory.topics().map(plain))
    expect(topics).toContainEqual(
      expect.objectContaining({ name: 'stranger', id: b, configs: { 'retention.ms': '-1' } }),
    )
    expect(topics).toContainEqual(
      expect.objectContaining({ configs: { 'retention.ms': '-1', 'cleanup.policy': 'compact' }, isInternal: true }),
    )
    const other = new KafkaDirectory([topicRecord('logs', b), topicConfig('logs', 'retention.ms', '1')])
    expect(other.read((directory) => directory.topic('logs'))).toMatchObject({
      id: a,
      configs: new Map([['retention.ms', '-1']]),
    })
  })

  test('of several brokers or directories has empty partitions where others keep them', () => {
    const kafka = new KafkaDirectory([...known, partitionRecord(a, 2)])
    const records = kafka.read((directory) =>
      [0, 1, 2].map((partition) => {
        const reader = directory.openReader({ topic: 'logs', partition })
        try {
          return readAll(reader).records
        } finally {
          reader.close()
        }
      }),
    )
    expect(records).toEqual([['0 one', '1 two'], [], []])
    expect(kafka.warnings).toEqual([expect.stringContaining('partition 2 of logs is not in /log')])
  })

  test('takes no memory for what the number of a directory claims', () => {
    const kafka = new KafkaDirectory()
    kafka.addPartition(`huge-${2 ** 31 - 1}`, b)
    expect(kafka.read((directory) => directory.topic('huge'))).toMatchObject({ partitionCount: 2 ** 31, elsewhere: [] })
  })

  test('has no topic of what Kafka moves, deletes or has set aside', () => {
    const kafka = new KafkaDirectory()
    for (const mark of ['delete', 'future', 'stray']) kafka.addPartition(`old-0.${'0'.repeat(32)}-${mark}`, b)
    expect(kafka.read((directory) => directory.topicNames())).toEqual(['logs'])
    expect(kafka.adopt((directory) => directory.topicNames())).toEqual(['logs'])
  })
})

test('what reads the files of Kafka is loaded for its directories only, also once they are ours', async () => {
  const kafka = new KafkaDirectory()
  const { fileSystem } = kafka
  expect(await loadKafkaImport(fileSystem, '/log')).toBe(kafkaImport)
  kafka.adopt(() => undefined)
  expect(await loadKafkaImport(fileSystem, '/log')).toBe(kafkaImport)
  expect(await loadKafkaImport(fileSystem, '/none')).toBeUndefined()
  LogDirectory.openToWrite({ ...kafka.options(), path: '/ours' }).close()
  expect(await loadKafkaImport(fileSystem, '/ours')).toBeUndefined()
})

describe('adoption', () => {
  test('takes over topics with ids and configurations, says so, and raises the leader epoch of what is written', () => {
    const kafka = new KafkaDirectory()
    kafka.adopt((directory) => {
      expect(directory.topics().map(plain)).toEqual([logs])
      directory.openLog({ topic: 'logs', partition: 0 }).append(batch({ values: ['three'] }), 'now', false)
    })
    expect(kafka.warnings).toEqual([expect.stringContaining("/log is tslog's now, with 1 topic;")])
    expect(kafka.text('/log/logs-0/leader-epoch-checkpoint')).toBe('0\n2\n3 0\n4 2\n')
    expect(kafka.text('/log/logs-1/leader-epoch-checkpoint')).toBe('0\n0\n')
    kafka.adopt((directory) =>
      directory.openLog({ topic: 'logs', partition: 0 }).append(batch({ values: ['four'] }), 'now', false),
    )
    expect(kafka.text('/log/logs-0/leader-epoch-checkpoint')).toBe('0\n2\n3 0\n4 2\n')
    expect(kafka.warnings).toHaveLength(1)
  })

  test('warns of topics whose retention only the broker knew, and of those it knows nothing of', () => {
    const kafka = new KafkaDirectory([topicRecord('logs', a), partitionRecord(a, 0), partitionRecord(a, 1)])
    kafka.addPartition('stranger-0', b)
    kafka.adopt(() => undefined)
    expect(kafka.warnings.slice(1)).toEqual([
      expect.stringContaining('nothing here tells the configuration of stranger'),
      expect.stringMatching(/^logs had the retention .* 7 days/),
    ])
  })

  test('of a topic whose first partition is elsewhere neither makes nor loses a partition', () => {
    const kafka = new KafkaDirectory([
      ...known,
      partitionRecord(a, 2),
      topicRecord('halved', b),
      partitionRecord(b, 0),
      partitionRecord(b, 1),
    ])
    kafka.addPartition('halved-1', b, batch({ values: ['kept'] }))
    kafka.adopt((directory) => {
      const halved = { name: 'halved', partitionCount: 2, configs: new Map<string, string>() }
      expect(directory.createTopic(halved)).toBe(false)
      expect(directory.topic('halved')).toMatchObject({ partitionCount: 2, elsewhere: [0] })
      expect(() => directory.openLog({ topic: 'halved', partition: 0 })).toThrow(
        expect.objectContaining({ hint: 'those here are 1: -p 1' }) as Error,
      )
      const altered = directory.alterTopic('halved', { partitionCount: 3, configs: new Map([['retention.ms', '1']]) })
      expect(altered).toMatchObject({ partitionCount: 3, elsewhere: [0] })
      const read = ['halved', 'logs'].map((topic) => {
        const reader = directory.openReader({ topic, partition: topic === 'logs' ? 2 : 1 })
        const { records } = readAll(reader)
        reader.close()
        return records
      })
      expect(read).toEqual([['0 kept'], []])
    })
    const names = (kafka.fileSystem.list('/log') ?? [])
      .filter(({ kind }) => kind === 'directory')
      .map(({ name }) => name)
    expect(names.toSorted()).toEqual(['__cluster_metadata-0', 'halved-1', 'halved-2', 'logs-0', 'logs-1'])
    kafka.adopt((directory) => directory.deleteTopic('halved'))
    expect(kafka.read((directory) => directory.topicNames())).toEqual(['logs'])
  })

  test('does not happen while a broker runs', () => {
    const kafka = new KafkaDirectory()
    const lock = kafka.fileSystem.asProcess('broker').open('/log/.lock', 'create')
    lock.lock('exclusive', 0)
    expect(() => kafka.adopt(() => undefined)).toThrow(LockedError)
    expect(directoryOwner(kafka.fileSystem, '/log')).toBe('kafka')
  })

  test.each([
    [
      'a damaged metadata log',
      (kafka: KafkaDirectory) => kafka.write(`/log/__cluster_metadata-0/${segment}`, damaged()),
    ],
    ['a configuration that makes no sense here', () => undefined],
  ])('does not happen with %s', (name, damage) => {
    const kafka = new KafkaDirectory(
      name.startsWith('a conf') ? [...known, topicConfig('logs', 'retention.ms', 'x')] : known,
    )
    damage(kafka)
    const before = kafka.fileSystem.list('/log')
    expect(() => kafka.adopt(() => undefined)).toThrow(CorruptSegmentError)
    expect(kafka.fileSystem.list('/log')?.filter(({ name }) => name !== '.lock')).toEqual(before)
  })

  test('that the power cuts off at any operation leaves the directory to Kafka or with all topics ours', () => {
    const owners = new Set<string>()
    for (let operations = 0; ; operations++) {
      const kafka = new KafkaDirectory()
      let left = operations
      let isOver = true
      const stopWatching = kafka.fileSystem.beforeOperation(() => {
        if (left-- > 0) return
        isOver = false
        kafka.fileSystem.stop()
      })
      try {
        kafka.adopt(() => undefined)
      } catch (error) {
        if (isOver) throw error
      }
      stopWatching()
      kafka.fileSystem.crash({ personality: 'lose-unsynced' })
      owners.add(directoryOwner(kafka.fileSystem, '/log'))
      expect(kafka.read((directory) => directory.topics().map(plain))).toEqual([logs])
      if (isOver) break
    }
    expect([...owners]).toEqual(['kafka', 'tslog'])
  })
})

/** Its second batch is bad, and a third one follows. */
function damaged(): Uint8Array {
  const [first, second, third] = [0n, 6n, 12n].map((base) => metadataBatch(known, offset(base)))
  if (first === undefined || second === undefined || third === undefined) throw new Error('three batches')
  return Buffer.concat([first, second.map((byte, at) => (at === 80 ? byte ^ 1 : byte)), third])
}
