import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import { DiskError, RefusedError } from '../../src/base/errors.ts'
import type { FileSystem, OpenFile } from '../../src/disk/file-system.ts'
import { locksExclude } from '../../src/disk/lock-self-test.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { NodeFileSystem } from '../../src/disk/node-file-system.ts'
import { bytes, codeOf, contentOf, writeFile } from './build.ts'

interface Subject {
  readonly name: string
  readonly make: () => FileSystem
  readonly withoutLocks: () => FileSystem
}

const subjects: Subject[] = [
  {
    name: 'the machine',
    make: () => new NodeFileSystem(),
    withoutLocks: () => new NodeFileSystem(() => undefined),
  },
  {
    name: 'memory',
    make: () => new MemoryFileSystem(),
    withoutLocks: () => new MemoryFileSystem({ hasLocks: false }),
  },
]

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tslog-disk-'))
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

describe.each(subjects)('a file of $name', ({ make }) => {
  test('reads back what was written, and zeros between its old end and a write beyond', () => {
    const file = emptyFile(make())
    file.write(bytes('abc'), 0)
    file.write(bytes('xyz'), 5)
    expect(contentOf(file)).toBe('abc\0\0xyz')
  })

  test('reads only as far as it goes', () => {
    const file = emptyFile(make())
    file.write(bytes('hello'), 0)
    const target = new Uint8Array(10)
    expect(file.read(target, 3)).toBe(2)
    expect(target.subarray(0, 3)).toEqual(Uint8Array.of(0x6c, 0x6f, 0))
    expect(file.read(target, 5)).toBe(0)
    expect(file.read(target, 1_000)).toBe(0)
    expect(file.read(new Uint8Array(0), 0)).toBe(0)
  })

  test('is cut and grown by truncate, grown with zeros', () => {
    const file = emptyFile(make())
    file.write(bytes('hello'), 0)
    file.truncate(2)
    expect(file.size()).toBe(2)
    file.truncate(4)
    expect(contentOf(file)).toBe('he\0\0')
  })

  test('keeps the modification time it is given, to the millisecond', () => {
    const fileSystem = make()
    const file = emptyFile(fileSystem)
    file.touch(1_700_000_000_123)
    expect(file.modifiedMs()).toBe(1_700_000_000_123)
    expect(fileSystem.stat(file.path)?.modifiedMs).toBe(1_700_000_000_123)
  })

  test('tells when its name was changed, without a change of its modification time', () => {
    const fileSystem = make()
    const file = emptyFile(fileSystem)
    file.touch(1_700_000_000_123)
    const before = fileSystem.stat(file.path)?.changedMs ?? 0
    fileSystem.rename(file.path, `${file.path}.old`)
    const renamed = fileSystem.stat(`${file.path}.old`)
    expect(renamed?.modifiedMs).toBe(1_700_000_000_123)
    expect(renamed?.changedMs).toBeGreaterThanOrEqual(before)
    expect(before).toBeGreaterThan(1_700_000_000_123)
  })

  test('has an identity that its name shares until it is renamed or replaced', () => {
    const fileSystem = make()
    const file = emptyFile(fileSystem)
    expect(fileSystem.stat(file.path)?.identity).toBe(file.identity)
    fileSystem.rename(file.path, `${file.path}.old`)
    const next = fileSystem.open(file.path, 'create-new')
    expect(fileSystem.stat(file.path)?.identity).toBe(next.identity)
    expect(next.identity).not.toBe(file.identity)
    expect(fileSystem.stat(`${file.path}.old`)?.identity).toBe(file.identity)
  })

  test('stays readable through an open file after its name is gone', () => {
    const fileSystem = make()
    const file = emptyFile(fileSystem)
    file.write(bytes('still'), 0)
    expect(fileSystem.remove(file.path)).toBe(true)
    expect(contentOf(file)).toBe('still')
    expect(fileSystem.stat(file.path)).toBeUndefined()
  })

  test('opened for reading takes no write, and says the same again', () => {
    const fileSystem = make()
    const file = fileSystem.open(writeFile(fileSystem, join(base(fileSystem), 'f'), 'x'), 'read')
    const first = failureOf(() => file.write(bytes('y'), 0))
    expect(first).toBeInstanceOf(DiskError)
    expect(codeOf(first)).toBe('EBADF')
    expect(failureOf(() => file.write(new Uint8Array(0), 0))).toBe(first)
    expect(failureOf(() => file.truncate(0))).toBe(first)
    expect(failureOf(() => file.sync())).toBe(first)
    expect(contentOf(file)).toBe('x')
  })

  test('reports a failure again when it is asked to sync soon', async () => {
    const fileSystem = make()
    const file = fileSystem.open(writeFile(fileSystem, join(base(fileSystem), 'f'), 'x'), 'read')
    const first = failureOf(() => file.write(bytes('y'), 0))
    await expect(file.syncSoon()).rejects.toBe(first)
  })

  test('syncs at once and soon, also when it is closed meanwhile', async () => {
    const file = emptyFile(make())
    file.write(bytes('a'), 0)
    file.sync()
    file.write(bytes('b'), 1)
    const soon = Promise.all([file.syncSoon(), file.syncSoon()])
    file.close()
    await expect(soon).resolves.toHaveLength(2)
  })

  test('can be closed twice, and using it after that is our bug', async () => {
    const file = emptyFile(make())
    file.close()
    file.close()
    expect(() => file.read(new Uint8Array(1), 0)).toThrow(AssertionError)
    expect(() => file.write(bytes('x'), 0)).toThrow(AssertionError)
    expect(() => file.size()).toThrow(AssertionError)
    expect(() => file.sync()).toThrow(AssertionError)
    expect(() => file.lock('shared', 0)).toThrow(AssertionError)
    await expect(file.syncSoon()).rejects.toThrow(AssertionError)
  })
})

describe.each(subjects)('opening on $name', ({ make }) => {
  test('needs a file, unless it may make one', () => {
    const fileSystem = make()
    const path = join(base(fileSystem), 'new')
    expect(codeOf(failureOf(() => fileSystem.open(path, 'read')))).toBe('ENOENT')
    expect(codeOf(failureOf(() => fileSystem.open(path, 'write')))).toBe('ENOENT')
    fileSystem.open(path, 'create').write(bytes('kept'), 0)
    expect(contentOf(fileSystem.open(path, 'create'))).toBe('kept')
    expect(codeOf(failureOf(() => fileSystem.open(path, 'create-new')))).toBe('EEXIST')
  })

  test.each(['read', 'write', 'create'] as const)('takes no directory (%s)', (mode) => {
    const fileSystem = make()
    expect(codeOf(failureOf(() => fileSystem.open(base(fileSystem), mode)))).toBe('EISDIR')
  })

  test('finds nothing below a file or in a missing directory', () => {
    const fileSystem = make()
    const path = writeFile(fileSystem, join(base(fileSystem), 'f'), '')
    expect(codeOf(failureOf(() => fileSystem.open(`${path}/g`, 'create')))).toBe('ENOTDIR')
    expect(codeOf(failureOf(() => fileSystem.open(`${path}x/g`, 'create')))).toBe('ENOENT')
    expect(fileSystem.stat(`${path}/g`)).toBeUndefined()
    expect(fileSystem.remove(`${path}/g`)).toBe(false)
  })
})

describe.each(subjects)('the names of $name', ({ make }) => {
  test('are listed with what they stand for', () => {
    const fileSystem = make()
    const directory = base(fileSystem)
    writeFile(fileSystem, join(directory, 'file'), 'abc')
    fileSystem.makeDirectory(join(directory, 'sub'))
    expect(fileSystem.list(directory)?.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: 'file', kind: 'file' },
      { name: 'sub', kind: 'directory' },
    ])
    expect(fileSystem.stat(join(directory, 'sub'))?.kind).toBe('directory')
    expect(fileSystem.stat(join(directory, 'file'))).toMatchObject({ kind: 'file', size: 3 })
    expect(fileSystem.list(join(directory, 'nothing'))).toBeUndefined()
    expect(codeOf(failureOf(() => fileSystem.list(join(directory, 'file'))))).toBe('ENOTDIR')
  })

  test('get missing parents with a new directory, which is made once', () => {
    const fileSystem = make()
    const directory = join(base(fileSystem), 'a', 'b', 'c')
    expect(fileSystem.makeDirectory(directory)).toBe(true)
    expect(fileSystem.makeDirectory(directory)).toBe(false)
    const file = writeFile(fileSystem, join(directory, 'f'), '')
    expect(codeOf(failureOf(() => fileSystem.makeDirectory(file)))).toBe('EEXIST')
    expect(codeOf(failureOf(() => fileSystem.makeDirectory(join(file, 'g'))))).toBe('ENOTDIR')
  })

  test('change by a rename, which replaces a file', () => {
    const fileSystem = make()
    const from = writeFile(fileSystem, join(base(fileSystem), 'from'), 'new')
    const to = writeFile(fileSystem, join(base(fileSystem), 'to'), 'old')
    fileSystem.rename(from, to)
    expect(contentOf(fileSystem.open(to, 'read'))).toBe('new')
    expect(fileSystem.stat(from)).toBeUndefined()
    expect(codeOf(failureOf(() => fileSystem.rename(from, to)))).toBe('ENOENT')
    fileSystem.makeDirectory(from)
    expect(codeOf(failureOf(() => fileSystem.rename(to, from)))).toBe('EISDIR')
  })

  test('of a directory move with what is in it, but not into itself or over a full one', () => {
    const fileSystem = make()
    const [one, two] = [join(base(fileSystem), 'one'), join(base(fileSystem), 'two')]
    fileSystem.makeDirectory(one)
    writeFile(fileSystem, join(one, 'f'), 'here')
    fileSystem.rename(one, two)
    expect(contentOf(fileSystem.open(join(two, 'f'), 'read'))).toBe('here')
    fileSystem.makeDirectory(one)
    expect(codeOf(failureOf(() => fileSystem.rename(one, two)))).toBe('ENOTEMPTY')
    expect(codeOf(failureOf(() => fileSystem.rename(two, join(two, 'inside'))))).toBe('EINVAL')
  })

  test('are removed once, a directory only when empty and as a directory', () => {
    const fileSystem = make()
    const directory = join(base(fileSystem), 'd')
    fileSystem.makeDirectory(directory)
    const file = writeFile(fileSystem, join(directory, 'f'), '')
    expect(codeOf(failureOf(() => fileSystem.removeDirectory(directory)))).toBe('ENOTEMPTY')
    expect(codeOf(failureOf(() => fileSystem.remove(directory)))).toBe('EISDIR')
    expect(codeOf(failureOf(() => fileSystem.removeDirectory(file)))).toBe('ENOTDIR')
    expect([fileSystem.remove(file), fileSystem.remove(file)]).toEqual([true, false])
    expect([fileSystem.removeDirectory(directory), fileSystem.removeDirectory(directory)]).toEqual([true, false])
  })

  test('are removed with all that is below them, once and again', () => {
    const fileSystem = make()
    const directory = join(base(fileSystem), 'd')
    fileSystem.makeDirectory(join(directory, 'inside', 'further'))
    writeFile(fileSystem, join(directory, 'inside', 'f'), 'x')
    fileSystem.removeTree(directory)
    fileSystem.removeTree(directory)
    expect(fileSystem.stat(directory)).toBeUndefined()
  })

  test('are made durable only where there is a directory', () => {
    const fileSystem = make()
    fileSystem.syncDirectory(base(fileSystem))
    expect(codeOf(failureOf(() => fileSystem.syncDirectory(join(base(fileSystem), 'no'))))).toBe('ENOENT')
  })
})

describe.each(subjects)('the locks of $name', ({ make, withoutLocks }) => {
  test.each([
    { held: 'shared', wanted: 'shared', isGiven: true },
    { held: 'shared', wanted: 'exclusive', isGiven: false },
    { held: 'exclusive', wanted: 'shared', isGiven: false },
    { held: 'exclusive', wanted: 'exclusive', isGiven: false },
  ] as const)('give $wanted beside $held: $isGiven', ({ held, wanted, isGiven }) => {
    const [first, second] = twoOpens(make())
    expect(first.lock(held, 0)).toBe(true)
    expect(second.lock(wanted, 0)).toBe(isGiven)
    first.unlock()
    expect(second.lock(wanted, 0)).toBe(true)
  })

  test('change their kind in place, and not while another shares them', () => {
    const [first, second] = twoOpens(make())
    expect(first.lock('exclusive', 0)).toBe(true)
    expect(first.lock('shared', 0)).toBe(true)
    expect(second.lock('shared', 0)).toBe(true)
    expect(first.lock('exclusive', 0)).toBe(false)
    second.close()
    expect(first.lock('exclusive', 0)).toBe(true)
  })

  test('outlive the close of another open of the file, and end with their own', () => {
    const fileSystem = make()
    const [first, second] = twoOpens(fileSystem)
    first.lock('exclusive', 0)
    fileSystem.open(first.path, 'read').close()
    expect(second.lock('exclusive', 0)).toBe(false)
    first.close()
    expect(second.lock('exclusive', 0)).toBe(true)
  })

  test('are exclusive only for a file opened for writing', () => {
    const fileSystem = make()
    const file = fileSystem.open(emptyFile(fileSystem).path, 'read')
    expect(file.lock('shared', 0)).toBe(true)
    expect(codeOf(failureOf(() => file.lock('exclusive', 0)))).toBe('EBADF')
  })

  test('pass the test of themselves, free or held', () => {
    const fileSystem = make()
    const file = emptyFile(fileSystem)
    expect(locksExclude(fileSystem, file.path)).toBe(true)
    expect(file.lock('exclusive', 0)).toBe(true)
    expect(locksExclude(fileSystem, file.path)).toBe(true)
  })

  test('are refused where there are none, and reading goes on', () => {
    const fileSystem = withoutLocks()
    const file = emptyFile(fileSystem)
    expect(() => file.lock('shared', 0)).toThrow(RefusedError)
    expect(file.read(new Uint8Array(1), 0)).toBe(0)
  })
})

describe.each(subjects)('the facts of $name', ({ make }) => {
  test('name the boot and the room there is', () => {
    const fileSystem = make()
    expect(fileSystem.bootId).toMatch(/^[0-9a-f]{32}$/)
    expect(make().bootId).toBe(fileSystem.bootId)
    const space = fileSystem.space(base(fileSystem))
    expect(space.isShared).toBe(false)
    expect(space.freeBytes).toBeGreaterThan(0)
    expect(space.totalBytes).toBeGreaterThanOrEqual(space.freeBytes)
  })
})

/** One step that both file systems are asked to do, in a directory of their own. */
type Step = (fileSystem: FileSystem, directory: string) => unknown

const somePath = fc.constantFrom('a', 'b', 'd', 'd/a', 'd/b', 'd/e', 'd/e/a')

const someStep: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(somePath, fc.constantFrom('read', 'write', 'create', 'create-new')).map(([path, mode]): Step => {
    return (fileSystem, directory) => withFile(fileSystem.open(join(directory, path), mode), contentOf)
  }),
  fc.tuple(somePath, fc.uint8Array({ maxLength: 20 }), fc.nat(30)).map(([path, data, position]): Step => {
    return (fileSystem, directory) =>
      withFile(fileSystem.open(join(directory, path), 'create'), (file) => file.write(data, position))
  }),
  fc.tuple(somePath, fc.nat(40)).map(([path, size]): Step => {
    return (fileSystem, directory) =>
      withFile(fileSystem.open(join(directory, path), 'write'), (file) => file.truncate(size))
  }),
  fc.tuple(somePath, somePath).map(([from, to]): Step => {
    return (fileSystem, directory) => fileSystem.rename(join(directory, from), join(directory, to))
  }),
  somePath.map(
    (path): Step =>
      (fileSystem, directory) =>
        fileSystem.makeDirectory(join(directory, path)),
  ),
  somePath.map(
    (path): Step =>
      (fileSystem, directory) =>
        fileSystem.remove(join(directory, path)),
  ),
  somePath.map(
    (path): Step =>
      (fileSystem, directory) =>
        fileSystem.removeDirectory(join(directory, path)),
  ),
  somePath.map(
    (path): Step =>
      (fileSystem, directory) =>
        fileSystem.stat(join(directory, path))?.kind,
  ),
  somePath.map((path): Step => (fileSystem, directory) => {
    return fileSystem
      .list(join(directory, path))
      ?.map((entry) => `${entry.kind} ${entry.name}`)
      .toSorted()
  }),
)

test('memory and the machine answer every sequence of calls alike', () => {
  let run = 0
  fc.assert(
    fc.property(fc.array(someStep, { minLength: 5, maxLength: 40 }), (steps) => {
      const directory = join(root, `run-${run++}`)
      const [memory, machine] = [new MemoryFileSystem(), new NodeFileSystem()]
      memory.makeDirectory(directory)
      machine.makeDirectory(directory)
      for (const step of steps) expect(outcomeOf(step, memory, directory)).toEqual(outcomeOf(step, machine, directory))
      expect(memory.openFileCount).toBe(0)
    }),
    { numRuns: 60 },
  )
})

function outcomeOf(step: Step, fileSystem: FileSystem, directory: string): unknown {
  try {
    return step(fileSystem, directory)
  } catch (error) {
    expect(error).toBeInstanceOf(DiskError)
    return codeOf(error)
  }
}

function withFile<T>(file: OpenFile, use: (file: OpenFile) => T): T {
  try {
    return use(file)
  } finally {
    file.close()
  }
}

/** The directory of this test, on either file system. */
function base(fileSystem: FileSystem): string {
  fileSystem.makeDirectory(root)
  return root
}

function emptyFile(fileSystem: FileSystem): OpenFile {
  return fileSystem.open(join(base(fileSystem), 'file'), 'create')
}

function twoOpens(fileSystem: FileSystem): [OpenFile, OpenFile] {
  return [emptyFile(fileSystem), emptyFile(fileSystem)]
}

function failureOf(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}
