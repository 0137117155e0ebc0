import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/base/random.ts'
import type { CrashOptions } from '../../src/disk/crash-model.ts'
import { GoneError } from '../../src/disk/memory-disk.ts'
import type { Operation } from '../../src/disk/memory-disk.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { bytes, codeOf, contentOf, readFile, writeFile } from './build.ts'

const loseUnsynced: CrashOptions = { personality: 'lose-unsynced' }

const personalities = ['ext4-ordered', 'posix-adversary'] as const

const someCrash: fc.Arbitrary<CrashOptions> = fc
  .tuple(fc.constantFrom(...personalities), fc.integer({ min: 1, max: 2 ** 31 - 1 }))
  .map(([personality, seed]) => ({ personality, random: seededRandom(seed) }))

let disk: MemoryFileSystem

beforeEach(() => {
  disk = new MemoryFileSystem()
})

describe('after a crash that loses all it may', () => {
  test('a synced file in a synced directory is whole, and its later bytes are gone', () => {
    const file = disk.open('/f', 'create')
    file.write(bytes('kept'), 0)
    file.sync()
    disk.syncDirectory('/')
    file.write(bytes(' lost'), 4)
    disk.crash(loseUnsynced)
    expect(readFile(disk, '/f')).toBe('kept')
  })

  test('a synced file whose directory was not is gone', () => {
    disk.open('/f', 'create').sync()
    disk.crash(loseUnsynced)
    expect(disk.stat('/f')).toBeUndefined()
  })

  test('a file whose name alone was synced is empty', () => {
    writeFile(disk, '/f', 'not synced')
    disk.syncDirectory('/')
    disk.crash(loseUnsynced)
    expect(readFile(disk, '/f')).toBe('')
  })

  test('a rename that was not synced never was, and a removed file is back', () => {
    durableFile('/a', 'one')
    durableFile('/b', 'two')
    disk.rename('/a', '/c')
    disk.remove('/b')
    disk.crash(loseUnsynced)
    expect([readFile(disk, '/a'), readFile(disk, '/b'), readFile(disk, '/c')]).toEqual(['one', 'two', undefined])
  })

  test('a rename between directories is durable with the sync of either', () => {
    disk.makeDirectory('/from')
    disk.makeDirectory('/to')
    durableFile('/from/a', 'one')
    durableFile('/from/b', 'two')
    disk.rename('/from/a', '/to/a')
    disk.syncDirectory('/to')
    disk.rename('/from/b', '/to/b')
    disk.syncDirectory('/from')
    disk.crash(loseUnsynced)
    expect([readFile(disk, '/to/a'), readFile(disk, '/to/b')]).toEqual(['one', 'two'])
    expect(disk.list('/from')).toEqual([])
  })

  test('a directory that was made is there', () => {
    disk.makeDirectory('/a/b')
    disk.crash(loseUnsynced)
    expect(disk.stat('/a/b')?.kind).toBe('directory')
  })

  test('an unsynced truncate is undone', () => {
    durableFile('/f', 'content')
    disk.open('/f', 'write').truncate(2)
    disk.crash(loseUnsynced)
    expect(readFile(disk, '/f')).toBe('content')
  })

  test('the boot is another, the disk is all durable, and the files open before are dead', () => {
    const { bootId } = disk
    const file = disk.open(durableFile('/f', 'x'), 'write')
    file.lock('exclusive', 0)
    disk.crash(loseUnsynced)
    expect(disk.bootId).not.toBe(bootId)
    expect([disk.hasUnsynced('/'), disk.hasUnsynced('/f'), disk.openFileCount]).toEqual([false, false, 0])
    expect(() => file.write(bytes('y'), 0)).toThrow(GoneError)
    expect(disk.open('/f', 'write').lock('exclusive', 0)).toBe(true)
    file.close()
  })
})

describe.each(personalities)('after any crash, %s', (personality) => {
  const someSeed = fc.integer({ min: 1, max: 2 ** 31 - 1 })

  test('what was synced is there, and of what was not each sector is new, old or zero', () => {
    fc.assert(
      fc.property(someSeed, fc.nat(5_000), fc.nat(5_000), (seed, syncedSize, moreSize) => {
        const fresh = new MemoryFileSystem()
        const file = fresh.open('/f', 'create')
        file.write(new Uint8Array(syncedSize).fill(1), 0)
        file.sync()
        fresh.syncDirectory('/')
        for (let i = 0; i < 4; i++) file.write(new Uint8Array(moreSize).fill(2), syncedSize + i * moreSize)
        fresh.crash({ personality, random: seededRandom(seed) })
        const content = readFile(fresh, '/f') ?? ''
        expect(content.slice(0, syncedSize)).toBe('\u0001'.repeat(syncedSize))
        const rest = content.slice(syncedSize).replaceAll('\u0002', 'x').replaceAll('\0', '0')
        expect(rest).toMatch(personality === 'ext4-ordered' ? /^x*0{0,4095}$/ : /^[x0]*$/)
        expect(content.length).toBeLessThanOrEqual(syncedSize + 4 * moreSize)
      }),
      { numRuns: 100 },
    )
  })

  test('an overwritten sector is old or new, never a mixture', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const fresh = new MemoryFileSystem()
      const file = fresh.open('/f', 'create')
      file.write(new Uint8Array(2_048).fill(1), 0)
      file.sync()
      fresh.syncDirectory('/')
      file.write(new Uint8Array(1_500).fill(2), 100)
      fresh.crash({ personality, random: seededRandom(seed) })
      const content = readFile(fresh, '/f') ?? ''
      expect(new Set(content.slice(100, 512)).size).toBe(1)
      expect(new Set(content.slice(512, 1_024)).size).toBe(1)
      expect(new Set(content.slice(1_024, 1_536)).size).toBe(1)
    }
  })

  test('a file has its old or its new name, and exactly one', () => {
    const seen = outcomesOf((seed) => {
      const fresh = new MemoryFileSystem()
      fresh.open('/old', 'create').sync()
      fresh.syncDirectory('/')
      fresh.rename('/old', '/new')
      fresh.crash({ personality, random: seededRandom(seed) })
      return (fresh.list('/') ?? []).map((entry) => entry.name).join(' ')
    })
    expect(seen).toEqual(['new', 'old'])
  })

  test('a replaced file is the old one or the new one, which may have lost its content', () => {
    const seen = outcomesOf((seed) => {
      const fresh = new MemoryFileSystem()
      writeFile(fresh, '/f', 'old')
      fresh.open('/f', 'write').sync()
      fresh.syncDirectory('/')
      writeFile(fresh, '/f.tmp', 'new')
      fresh.rename('/f.tmp', '/f')
      fresh.crash({ personality, random: seededRandom(seed) })
      return readFile(fresh, '/f') ?? 'none'
    })
    expect(seen).toContain('old')
    expect(seen).toContain('new')
    expect(seen).toContain('')
    expect(seen).not.toContain('none')
  })

  test('a file moved out of the way of a new one is under one of the two names', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const fresh = new MemoryFileSystem()
      fresh.open(writeFile(fresh, '/f', 'one'), 'write').sync()
      fresh.syncDirectory('/')
      fresh.rename('/f', '/f.old')
      writeFile(fresh, '/f', 'two')
      fresh.crash({ personality, random: seededRandom(seed) })
      expect([readFile(fresh, '/f'), readFile(fresh, '/f.old')]).toContain('one')
    }
  })

  test('a name in a synced directory is there, whatever came before it elsewhere', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const fresh = new MemoryFileSystem()
      for (const directory of ['/a', '/b']) fresh.makeDirectory(directory)
      fresh.open('/a/unsynced', 'create')
      fresh.open('/b/synced', 'create')
      fresh.syncDirectory('/b')
      fresh.crash({ personality, random: seededRandom(seed) })
      expect(fresh.stat('/b/synced')?.kind).toBe('file')
    }
  })

  test('the same seed leaves the same', () => {
    const leave = (): string | undefined => {
      const fresh = new MemoryFileSystem()
      const file = fresh.open('/f', 'create')
      for (let i = 0; i < 50; i++) file.write(bytes(`record ${i}`.repeat(20)), file.size())
      fresh.syncDirectory('/')
      fresh.crash({ personality, random: seededRandom(77) })
      return readFile(fresh, '/f')
    }
    expect(leave()).toBe(leave())
  })
})

test('ext4 loses names only from the last on, the adversary any of them', () => {
  const survivors = (personality: (typeof personalities)[number]): string[] =>
    outcomesOf((seed) => {
      const fresh = new MemoryFileSystem()
      for (const name of ['a', 'b', 'c']) fresh.open(`/${name}`, 'create')
      fresh.crash({ personality, random: seededRandom(seed) })
      return (fresh.list('/') ?? []).map((entry) => entry.name).join('')
    })
  expect(survivors('ext4-ordered')).toEqual(['', 'a', 'ab', 'abc'])
  expect(survivors('posix-adversary')).toEqual(['', 'a', 'ab', 'abc', 'ac', 'b', 'bc', 'c'])
})

test('ext4 can leave a tail of zeros up to the next page, the adversary a size without any data', () => {
  const tails = (personality: (typeof personalities)[number]): string[] =>
    outcomesOf((seed) => {
      const fresh = new MemoryFileSystem()
      const file = fresh.open('/f', 'create')
      fresh.syncDirectory('/')
      for (let i = 0; i < 10; i++) file.write(new Uint8Array(1_000).fill(1), i * 1_000)
      fresh.crash({ personality, random: seededRandom(seed) })
      const content = readFile(fresh, '/f') ?? ''
      return content.endsWith('\0') ? `${content.includes('\u0001') ? 'data and ' : ''}zeros` : 'data'
    })
  expect(tails('ext4-ordered')).toEqual(['data', 'data and zeros'])
  expect(tails('posix-adversary')).toEqual(['data', 'data and zeros', 'zeros'])
})

test('names made and lost again before a sync come back empty or whole, never as what was read before', () => {
  fc.assert(
    fc.property(someCrash, (crash) => {
      const fresh = new MemoryFileSystem()
      writeFile(fresh, '/f', 'x'.repeat(2_000))
      fresh.remove('/f')
      fresh.crash(crash)
      const content = readFile(fresh, '/f')
      fresh.crash(loseUnsynced)
      expect(readFile(fresh, '/f')).toBe(content)
    }),
    { numRuns: 200 },
  )
})

describe('faults', () => {
  test('a full disk takes what fits, then fails for good on that file, which may only give back', () => {
    const small = new MemoryFileSystem({ capacityBytes: 10 })
    const file = small.open('/f', 'create')
    file.write(bytes('1234567'), 0)
    const failure = failureOf(() => file.write(bytes('89abcdef'), 7))
    expect(codeOf(failure)).toBe('ENOSPC')
    expect(contentOf(file)).toBe('123456789a')
    expect(small.space('/')).toMatchObject({ freeBytes: 0, totalBytes: 10 })
    file.truncate(7)
    expect(contentOf(file)).toBe('1234567')
    expect(failureOf(() => file.write(bytes('8'), 7))).toBe(failure)
    expect(failureOf(() => file.sync())).toBe(failure)
    expect(small.space('/')).toMatchObject({ freeBytes: 3, totalBytes: 10 })
  })

  test('room comes back when a file has no name and nobody has it open', () => {
    const small = new MemoryFileSystem({ capacityBytes: 10 })
    const file = small.open(writeFile(small, '/f', '1234567'), 'read')
    small.remove('/f')
    expect(small.space('/').freeBytes).toBe(3)
    file.close()
    expect(small.space('/').freeBytes).toBe(10)
    writeFile(small, '/a', '1234')
    small.rename(writeFile(small, '/b', '12'), '/a')
    expect(small.space('/').freeBytes).toBe(8)
    small.crash(loseUnsynced)
    expect(small.space('/').freeBytes).toBe(10)
  })

  test('overwriting needs no room', () => {
    const small = new MemoryFileSystem({ capacityBytes: 4 })
    const file = small.open('/f', 'create')
    file.write(bytes('1234'), 0)
    file.write(bytes('ab'), 2)
    expect(contentOf(file)).toBe('12ab')
  })

  test('a failed sync loses what was dirty, though it is still read and a later sync by another succeeds', () => {
    const file = disk.open(durableFile('/f', 'old'), 'write')
    file.write(bytes('new'), 0)
    const heal = disk.failOn(({ name }) => (name === 'sync' ? { code: 'EIO' } : undefined))
    const failure = failureOf(() => file.sync())
    heal()
    expect(failureOf(() => file.write(bytes('x'), 0))).toBe(failure)
    const again = disk.open('/f', 'write')
    expect(contentOf(again)).toBe('new')
    again.sync()
    disk.crash(loseUnsynced)
    expect(readFile(disk, '/f')).toBe('old')
  })

  test('a short write leaves its part behind', () => {
    const file = disk.open('/f', 'create')
    disk.failOn(({ name, size }) => (name === 'write' && size > 4 ? { code: 'EIO', partialBytes: 3 } : undefined))
    file.write(bytes('1234'), 0)
    expect(codeOf(failureOf(() => file.write(bytes('56789'), 4)))).toBe('EIO')
    expect(contentOf(file)).toBe('1234567')
  })

  test.each([
    { name: 'open', code: 'EMFILE', act: () => disk.open('/f', 'read') },
    { name: 'create', code: 'EROFS', act: () => disk.open('/new', 'create') },
    { name: 'rename', code: 'EROFS', act: () => disk.rename('/f', '/g') },
    { name: 'remove', code: 'EACCES', act: () => disk.remove('/f') },
    { name: 'make-directory', code: 'ENOSPC', act: () => disk.makeDirectory('/d') },
    { name: 'sync-directory', code: 'EIO', act: () => disk.syncDirectory('/') },
    { name: 'read', code: 'EIO', act: () => readFile(disk, '/f') },
  ])('$name fails with $code when told to, and changes nothing', ({ name, code, act }) => {
    durableFile('/f', 'content')
    const heal = disk.failOn((operation) => (operation.name === name ? { code } : undefined))
    expect(codeOf(failureOf(act))).toBe(code)
    heal()
    expect(disk.list('/')).toEqual([{ name: 'f', kind: 'file' }])
    expect(readFile(disk, '/f')).toBe('content')
    expect(disk.openFileCount).toBe(0)
  })
})

describe('processes on one disk', () => {
  test('exclude each other, and a killed one holds nothing but what it wrote', () => {
    const [one, two] = [disk.asProcess('one'), disk.asProcess('two')]
    const [first, second] = [one.open('/f', 'create'), two.open('/f', 'create')]
    expect([first.lock('exclusive', 0), second.lock('exclusive', 1_000)]).toEqual([true, false])
    first.write(bytes('left behind'), 0)
    disk.kill('one')
    expect(second.lock('exclusive', 0)).toBe(true)
    expect(contentOf(second)).toBe('left behind')
    expect(() => first.write(bytes('x'), 0)).toThrow(GoneError)
    expect(() => one.open('/f', 'read')).toThrow(GoneError)
    first.close()
    expect(contentOf(disk.asProcess('one').open('/f', 'read'))).toBe('left behind')
    expect(second.lock('exclusive', 0)).toBe(true)
  })

  test('a sync that was to come soon is not heard of any more by a process that was killed', async () => {
    const file = disk.asProcess('one').open('/f', 'create')
    const settled: string[] = []
    file.syncSoon().then(
      () => settled.push('done'),
      () => settled.push('failed'),
    )
    disk.kill('one')
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(settled).toEqual([])
  })
})

describe('watching', () => {
  test('a crash can be put before every operation that changes something', () => {
    const workload = (fileSystem: MemoryFileSystem): void => {
      const file = fileSystem.open('/f.tmp', 'create')
      try {
        file.write(bytes('content'), 0)
        file.sync()
        fileSystem.rename('/f.tmp', '/f')
        fileSystem.syncDirectory('/')
      } finally {
        file.close()
      }
    }
    const changes: Operation[] = []
    disk.beforeOperation((operation) => changes.push(operation))
    workload(disk)
    expect(changes.map(({ name }) => name)).toEqual(['create', 'write', 'sync', 'rename', 'sync-directory'])
    expect(disk.operationCount).toBe(5)
    for (const { index } of changes) {
      const fresh = new MemoryFileSystem()
      fresh.beforeOperation((operation) => operation.index === index && fresh.stop())
      expect(() => workload(fresh)).toThrow(GoneError)
      expect(() => fresh.list('/')).toThrow(GoneError)
      fresh.crash({ personality: 'posix-adversary', random: seededRandom(index + 1) })
      expect(['content', undefined]).toContain(readFile(fresh, '/f'))
      expect(fresh.openFileCount).toBe(0)
    }
  })

  test('tells what is not durable yet', () => {
    const file = disk.open('/f', 'create')
    expect([disk.hasUnsynced('/'), disk.hasUnsynced('/f')]).toEqual([true, false])
    file.write(bytes('x'), 0)
    expect(disk.hasUnsynced('/f')).toBe(true)
    file.sync()
    disk.syncDirectory('/')
    expect([disk.hasUnsynced('/'), disk.hasUnsynced('/f'), disk.hasUnsynced('/none')]).toEqual([false, false, false])
  })

  test('modification times come from the clock it is given', () => {
    let now = 1_000
    const timed = new MemoryFileSystem({ clock: { now: () => now } })
    const file = timed.open('/f', 'create')
    now = 2_000
    expect(file.modifiedMs()).toBe(1_000)
    file.write(bytes('x'), 0)
    expect(file.modifiedMs()).toBe(2_000)
    now = 3_000
    timed.rename('/f', '/g')
    expect(timed.stat('/g')).toMatchObject({ modifiedMs: 2_000, changedMs: 3_000 })
  })
})

function durableFile(path: string, content: string): string {
  writeFile(disk, path, content)
  const file = disk.open(path, 'write')
  file.sync()
  file.close()
  disk.syncDirectory(path.slice(0, path.lastIndexOf('/')) || '/')
  return path
}

/** What 300 seeds lead to, each outcome once, sorted. */
function outcomesOf(run: (seed: number) => string): string[] {
  const seen = new Set<string>()
  for (let seed = 1; seed <= 300; seed++) seen.add(run(seed * 7_919))
  return [...seen].toSorted()
}

function failureOf(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}
