import { describe, expect, test } from 'vitest'
import { TslogError } from '../../src/base/errors.ts'
import { seededRandom } from '../../src/base/random.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { LogDirectory, type LogDirectoryOptions } from '../../src/storage/log-directory.ts'
import { batch, numbered, T0 } from '../support/batches.ts'
import { directory, expected, logDirectory, readAll, readBytes } from './partition-scene.ts'

const values = numbered(9)
const partition = { topic: 't', partition: 0 }

/** A whole log directory, with everything in it that may be damaged. */
class DamagedLog {
  readonly fileSystem = new MemoryFileSystem()
  readonly options: LogDirectoryOptions = {
    fileSystem: this.fileSystem,
    clock: { now: () => T0 },
    random: seededRandom(1),
    path: logDirectory,
    lockWaitMs: 0,
  }

  constructor() {
    const written = LogDirectory.openToWrite(this.options)
    const configs = new Map(Object.entries({ 'segment.bytes': '250', 'index.interval.bytes': '0' }))
    written.createTopic({ name: 't', partitionCount: 1, configs })
    const log = written.openLog(partition)
    for (const value of values) log.append(batch({ values: [value] }), 'later')
    written.trim(partition, log.advanceLogStart(log.offsets().logStartOffset))
    written.close()
  }

  /** Makes the disk durable and lets the power go. */
  reboot(): void {
    for (const path of this.paths(true)) {
      const file = this.fileSystem.open(path, 'write')
      file.sync()
      file.close()
    }
    this.fileSystem.syncDirectory('/')
    this.fileSystem.syncDirectory(logDirectory)
    this.fileSystem.syncDirectory(directory)
    this.fileSystem.crash({ personality: 'lose-unsynced' })
  }

  /** Files by path, but the logs themselves. */
  paths(withLogs = false): string[] {
    const found = [logDirectory, directory].flatMap((path) =>
      (this.fileSystem.list(path) ?? [])
        .filter(({ kind }) => kind === 'file')
        .map(({ name }) => `${path}/${name}`)
        .filter((file) => withLogs || !file.endsWith('.log')),
    )
    return found.toSorted()
  }

  read(): string[] {
    const opened = LogDirectory.openToRead(this.options)
    try {
      const reader = opened.openReader(partition)
      const { records } = readAll(reader)
      reader.close()
      return [...records]
    } finally {
      opened.close()
    }
  }

  append(value: string): void {
    const opened = LogDirectory.openToWrite(this.options)
    try {
      opened.openLog(partition).append(batch({ values: [value] }), 'now')
    } finally {
      opened.close()
    }
  }

  /** Damages a file in place. */
  change(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
    const bytes = change(readBytes(this.fileSystem, path))
    const file = this.fileSystem.open(path, 'write')
    file.truncate(0)
    file.write(bytes, 0)
    file.close()
  }
}

/** What the work came to; an error that tells the user what is wrong is a fair answer. */
function outcome<T>(act: () => T): T | 'refused' {
  try {
    return act()
  } catch (error) {
    if (error instanceof TslogError) return 'refused'
    throw error
  }
}

const damages: [string, (log: DamagedLog, path: string) => void][] = [
  ['flipped', (log, path) => log.change(path, (bytes) => bytes.map((byte) => byte ^ 0xff))],
  [
    'flipped in one byte',
    (log, path) => {
      log.change(path, (bytes) => bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 0x11 : byte)))
    },
  ],
  ['zeroed', (log, path) => log.change(path, (bytes) => bytes.fill(0))],
  ['emptied', (log, path) => log.change(path, () => new Uint8Array())],
  ['cut in half', (log, path) => log.change(path, (bytes) => bytes.subarray(0, bytes.length >> 1))],
  ['made longer', (log, path) => log.change(path, (bytes) => Uint8Array.from([...bytes, ...new Uint8Array(100)]))],
  ['removed', (log, path) => log.fileSystem.remove(path)],
]

const names = new DamagedLog().paths()

test('there are files of every kind to damage', () => {
  expect(names.length).toBeGreaterThan(12)
  for (const kind of [
    '.index',
    '.timeindex',
    '.snapshot',
    'tslog.lock',
    'leader-epoch-checkpoint',
    'tslog-topics.json',
  ]) {
    expect(names.filter((name) => name.endsWith(kind)).length, kind).toBeGreaterThan(0)
  }
})

describe.each([
  ['on this boot', false],
  ['after a power cut', true],
])('a file beside the logs %s', (_when, isRebooted) => {
  test.each(damages)('that is %s changes no record, and removes none', (_what, damage) => {
    for (const path of names) {
      const log = new DamagedLog()
      const logs = log.paths(true).filter((name) => name.endsWith('.log'))
      const bytesBefore = logs.map((name) => readBytes(log.fileSystem, name))
      damage(log, path)
      if (isRebooted) log.reboot()
      const read = outcome(() => log.read())
      if (read !== 'refused') expect(read, path).toEqual(expected(values))
      const isWritten = outcome(() => log.append('next')) !== 'refused'
      for (const [i, name] of logs.entries()) {
        const before = bytesBefore[i] ?? new Uint8Array()
        expect(readBytes(log.fileSystem, name).subarray(0, before.length), `${path}: ${name}`).toEqual(before)
      }
      if (isWritten) expect(log.read(), path).toEqual(expected([...values, 'next']))
      if (read === 'refused' || !isWritten) expect(path).toMatch(/tslog-topics\.json|meta\.properties/)
      expect(log.fileSystem.openFileCount, path).toBe(0)
    }
  })
})
