import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { DiskError, NotFoundError } from '../../src/base/errors.ts'
import { systemRandom } from '../../src/base/random.ts'
import type { FileSystem } from '../../src/disk/file-system.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { LogDirectory, type LogDirectoryOptions } from '../../src/storage/log-directory.ts'
import { mergeOffsetCheckpoint, readOffsetCheckpoint } from '../../src/storage/offset-checkpoints.ts'
import { batch, T0 } from '../support/batches.ts'
import { readAll } from './partition-scene.ts'
import { Scratch } from './scratch.ts'

const first = { topic: 't', partition: 0 }
const second = { topic: 't', partition: 1 }
const twoPartitions = { name: 't', partitionCount: 2, configs: new Map<string, string>() }

function optionsOf(fileSystem: FileSystem, path: string): LogDirectoryOptions {
  return { fileSystem, path, clock: { now: () => T0 }, random: systemRandom, lockWaitMs: 0 }
}

/** A log directory in memory, and the processes that have it open. */
class Scene {
  readonly fileSystem = new MemoryFileSystem()

  open(name = 'main'): LogDirectory {
    return LogDirectory.openToWrite(optionsOf(this.fileSystem.asProcess(name), '/log'))
  }

  records(partition = first): readonly string[] {
    const directory = LogDirectory.openToRead(optionsOf(this.fileSystem, '/log'))
    const reader = directory.openReader(partition)
    try {
      return readAll(reader).records
    } finally {
      reader.close()
      directory.close()
    }
  }

  /** Kills a deletion of topic t before its change number `count` of the disk. False: it was over before. */
  killDeletion(count: number): boolean {
    const doomed = this.open('doomed')
    let left = count
    const end = this.fileSystem.beforeOperation(() => {
      if (left-- === 0) this.fileSystem.kill('doomed')
    })
    try {
      doomed.deleteTopic('t')
      return false
    } catch {
      return true
    } finally {
      end()
    }
  }
}

function begun(): Scene {
  const scene = new Scene()
  const directory = scene.open()
  directory.createTopic(twoPartitions)
  for (const partition of [first, second]) directory.openLog(partition).append(batch({ values: ['old'] }), 'now')
  directory.close()
  return scene
}

function directoriesOf({ fileSystem }: Scene): string[] {
  return (fileSystem.list('/log') ?? []).filter(({ kind }) => kind === 'directory').map(({ name }) => name)
}

describe('a deletion', () => {
  test('that was killed anywhere can be followed by the creation of the topic, which is empty then', () => {
    let kills = 0
    for (let isKilled = true; isKilled; kills++) {
      const scene = begun()
      isKilled = scene.killDeletion(kills)
      const directory = scene.open()
      // Killed before the first mark there is still the whole topic.
      if (!directory.createTopic(twoPartitions)) {
        expect(scene.records()).toEqual(['0 old'])
        continue
      }
      for (const partition of [first, second]) directory.openLog(partition).append(batch({ values: ['new'] }), 'now')
      directory.close()
      expect([scene.records(first), scene.records(second)]).toEqual([['0 new'], ['0 new']])
    }
    expect(kills).toBeGreaterThan(20)
  })

  test('that was killed anywhere can be done again', () => {
    for (let kills = 0, isKilled = true; isKilled; kills++) {
      const scene = begun()
      isKilled = scene.killDeletion(kills)
      const directory = scene.open()
      if (directory.findTopic('t') !== undefined) directory.deleteTopic('t')
      expect(directory.topicNames()).toEqual([])
      directory.close()
    }
  })

  test('removes the records before the catalog needs room', () => {
    const scene = begun()
    const directory = scene.open()
    const end = scene.fileSystem.failOn(({ path }) =>
      path.endsWith('tslog-topics.json.tmp') && scene.fileSystem.stat('/log/t-0') !== undefined
        ? { code: 'ENOSPC' }
        : undefined,
    )
    directory.deleteTopic('t')
    end()
    expect(directory.topicNames()).toEqual([])
  })

  test('takes all that lies in a directory, whatever its name, and leaves what a link leads to', () => {
    const { fileSystem, directory: path } = new Scratch()
    const elsewhere = new Scratch()
    elsewhere.write('kept', '')
    const directory = LogDirectory.openToWrite(optionsOf(fileSystem, path))
    onTestFinished(() => directory.close())
    directory.createTopic(twoPartitions)
    writeFileSync(Buffer.concat([Buffer.from(`${path}/t-0/`), Buffer.of(0xff, 0xfe)]), '')
    mkdirSync(`${path}/t-0/further/below`, { recursive: true })
    symlinkSync(elsewhere.directory, `${path}/t-0/link`)
    directory.deleteTopic('t')
    expect(directory.topicNames()).toEqual([])
    expect(readdirSync(path).filter((name) => name.startsWith('t-'))).toEqual([])
    expect(elsewhere.names()).toEqual(['kept'])
  })

  test.each(['deletion', 'creation'])(
    'that was cut short before it had removed what it renamed is ended by the next %s',
    (next) => {
      const scene = begun()
      const directory = scene.open()
      const end = scene.fileSystem.failOn(({ name, path }) =>
        name === 'remove' && path.includes('-delete/') ? { code: 'EIO' } : undefined,
      )
      expect(() => directory.deleteTopic('t')).toThrow(DiskError)
      end()
      if (next === 'deletion') directory.deleteTopic('t')
      else directory.createTopic(twoPartitions)
      expect(directoriesOf(scene).filter((name) => name.endsWith('-delete'))).toEqual([])
    },
  )

  test('takes partitions that another process added', () => {
    const scene = begun()
    const directory = scene.open()
    scene.open('other').alterTopic('t', { partitionCount: 3, configs: new Map() })
    directory.deleteTopic('t')
    expect(directoriesOf(scene)).toEqual([])
  })

  test('lets a topic of the same name begin at offset 0, whatever the checkpoints say', () => {
    const scene = begun()
    const directory = scene.open()
    directory.trim(first, offset(1n))
    directory.deleteTopic('t')
    directory.createTopic(twoPartitions)
    expect(directory.openLog(first).append(batch({ values: ['new'] }), 'now').baseOffset).toBe(0n)
    expect(scene.records()).toEqual(['0 new'])
  })
})

describe('what another process did to a topic', () => {
  test('is kept when it is altered here', () => {
    const scene = begun()
    const directory = scene.open()
    scene.open('other').alterTopic('t', { partitionCount: 3, configs: new Map([['retention.ms', '1']]) })
    const topic = directory.alterTopic('t', { configs: new Map([['segment.bytes', '1048576']]) })
    expect(topic.partitionCount).toBe(3)
    expect([...topic.configs.keys()].toSorted()).toEqual(['retention.ms', 'segment.bytes'])
  })

  test('is said when it was deleted', () => {
    const scene = begun()
    const directory = scene.open()
    scene.open('other').deleteTopic('t')
    expect(() => directory.alterTopic('t', { configs: new Map() })).toThrow(NotFoundError)
    expect(directory.topicNames()).toEqual([])
  })

  test('is seen before a log is opened: a deleted topic does not come back', () => {
    const scene = begun()
    const directory = scene.open()
    scene.open('other').deleteTopic('t')
    expect(() => directory.openLog(first)).toThrow(NotFoundError)
    expect(scene.fileSystem.stat('/log/t-0')).toBeUndefined()
  })
})

test('a log start offset in the checkpoint never goes back, unless it is dropped', () => {
  const { fileSystem, directory } = new Scratch()
  const name = 'log-start-offset-checkpoint'
  const merge = (value: bigint | undefined): bigint | undefined => {
    const changes = new Map([['t-0', value === undefined ? undefined : offset(value)]])
    mergeOffsetCheckpoint(fileSystem, directory, name, { changes, waitMs: 0, onlyForward: true })
    return readOffsetCheckpoint(fileSystem, directory, name).offsets.get('t-0')
  }
  expect([merge(5n), merge(3n), merge(7n), merge(undefined)]).toEqual([5n, 5n, 7n, undefined])
})

test('a trim leaves the log start of a later one in the checkpoint', () => {
  const scene = begun()
  const name = 'log-start-offset-checkpoint'
  const changes = new Map([['t-0', offset(9n)]])
  mergeOffsetCheckpoint(scene.fileSystem, '/log', name, { changes, waitMs: 0 })
  scene.open().trim(first, offset(1n))
  expect(readOffsetCheckpoint(scene.fileSystem, '/log', name).offsets.get('t-0')).toBe(9n)
})

test('a symbolic link to an empty directory is a log not begun', () => {
  const scratch = new Scratch()
  mkdirSync(scratch.path('real'))
  symlinkSync(scratch.path('real'), scratch.path('link'))
  const directory = LogDirectory.openToWrite(optionsOf(scratch.fileSystem, scratch.path('link')))
  directory.createTopic(twoPartitions)
  directory.close()
  expect(readdirSync(scratch.path('real'))).toContain('t-0')
})

test('a symbolic link that leads nowhere is no log directory, and is not followed to make one', () => {
  const scratch = new Scratch()
  symlinkSync(scratch.path('real'), scratch.path('link'))
  const options = optionsOf(scratch.fileSystem, scratch.path('link'))
  expect(() => LogDirectory.openToRead(options)).toThrow('is a symbolic link that leads nowhere')
  expect(() => LogDirectory.openToWrite(options)).toThrow('is a symbolic link that leads nowhere')
  expect(scratch.names()).toEqual(['link'])
})

test('the marker of a clean shutdown stays until something is changed', () => {
  const scratch = new Scratch()
  const options = optionsOf(scratch.fileSystem, scratch.path('log'))
  const marker = scratch.path('log/.kafka_cleanshutdown')
  const after = (act: (directory: LogDirectory) => unknown): boolean => {
    writeFileSync(marker, '')
    const directory = LogDirectory.openToWrite(options)
    act(directory)
    directory.close()
    return existsSync(marker)
  }
  LogDirectory.openToWrite(options).close()
  expect(after(() => undefined)).toBe(true)
  expect(after((directory) => directory.createTopic(twoPartitions))).toBe(false)
  expect(after((directory) => directory.createTopic(twoPartitions))).toBe(true)
  expect(after((directory) => expect(() => directory.deleteTopic('none')).toThrow(NotFoundError))).toBe(true)
  expect(after((directory) => directory.openLog(first).append(batch({ values: ['a'] }), 'never'))).toBe(false)
  expect(after((directory) => directory.trim(first, offset(1n)))).toBe(false)
  expect(after((directory) => directory.alterTopic('t', { configs: new Map() }))).toBe(false)
  expect(after((directory) => directory.deleteTopic('t'))).toBe(false)
})

test('who is late writes nothing to a directory that was closed', () => {
  const scene = new Scene()
  const directory = scene.open()
  directory.createTopic(twoPartitions)
  directory.close()
  expect(() => directory.openLog(first)).toThrow('open for writing')
  expect(() => directory.trim(first, offset(0n))).toThrow('open for writing')
})
