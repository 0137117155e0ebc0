import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DiskError } from '../../src/base/errors.ts'
import { WAIT_FOREVER_MS } from '../../src/disk/file-system.ts'
import { NodeFileSystem } from '../../src/disk/node-file-system.ts'
import { bytes, codeOf, contentOf, writeFile } from './build.ts'
import { answerOf, end, firstWordOf, inShell, start } from './processes.ts'
import type { Runtime } from './processes.ts'

const fileSystem = new NodeFileSystem()
let root: string
let path: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tslog-disk-'))
  path = join(root, 'file')
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('opening', () => {
  test('follows no symbolic link, and lists it as something else', () => {
    writeFile(fileSystem, path, 'secret')
    symlinkSync(path, join(root, 'link'))
    symlinkSync(join(root, 'made-by-us'), join(root, 'dangling'))
    expect(() => fileSystem.open(join(root, 'link'), 'read')).toThrow(/is a symbolic link \(ELOOP\)/)
    expect(() => fileSystem.open(join(root, 'dangling'), 'create')).toThrow(DiskError)
    expect(fileSystem.stat(join(root, 'link'))?.kind).toBe('other')
    expect(fileSystem.list(root)).toContainEqual({ name: 'link', kind: 'other' })
    expect(fileSystem.stat(join(root, 'made-by-us'))).toBeUndefined()
  })

  test('refuses a named pipe instead of waiting for its other end', () => {
    execFileSync('mkfifo', [path])
    expect(() => fileSystem.open(path, 'read')).toThrow(/not a regular file/)
    expect(() => fileSystem.open(path, 'write')).toThrow(/not a regular file/)
  })

  test('makes files and directories that others cannot read', () => {
    fileSystem.open(path, 'create')
    fileSystem.makeDirectory(join(root, 'd'))
    expect(statSync(path).mode & 0o007).toBe(0)
    expect(statSync(join(root, 'd')).mode & 0o007).toBe(0)
  })

  test('of a path with a zero byte is a failure like any other', () => {
    expect(() => fileSystem.open('/tmp/a\0b', 'read')).toThrow(DiskError)
  })

  test.skipIf(process.getuid?.() === 0)('without permission says so', () => {
    writeFile(fileSystem, path, '')
    chmodSync(path, 0)
    expect(() => fileSystem.open(path, 'read')).toThrow(/permission denied \(EACCES\)/)
  })
})

test('syncs of one file that run beside each other are answered in order, and leave no descriptor', async () => {
  const file = fileSystem.open(path, 'create')
  const answered: number[] = []
  for (let round = 0; round < 5; round++) {
    file.write(bytes(`round ${round}`), 0)
    const calls = [0, 1, 2, 3].map((at) => file.syncSoon().then(() => answered.push(4 * round + at)))
    if (round < 4) await Promise.all(calls)
    else file.close()
  }
  await expect.poll(() => answered).toEqual(Array.from({ length: 20 }, (_, at) => at))
  await expect.poll(() => openDescriptorsOf(path)).toBe(0)
})

function openDescriptorsOf(wanted: string): number {
  const descriptors = readdirSync('/proc/self/fd').map((fd) => join('/proc/self/fd', fd))
  return descriptors.filter((link) => targetOf(link) === wanted).length
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link)
  } catch {
    // The one that listed them is gone.
    return undefined
  }
}

test('a directory may be reached through a symbolic link', () => {
  symlinkSync(root, join(root, 'self'))
  expect(fileSystem.makeDirectory(join(root, 'self'))).toBe(false)
  expect(fileSystem.makeDirectory(join(root, 'self', 'new'))).toBe(true)
})

test('knows the file systems that share their files with other machines', () => {
  expect(fileSystem.space('/proc').isShared).toBe(false)
  expect(codeOf(failureOf(() => fileSystem.space(join(root, 'none'))))).toBe('ENOENT')
})

test.each(['node', 'bun'] as const)(
  'a write that does not fit fails, and so does every later one (%s)',
  async (runtime) => {
    const said = await answerOf(inShell(`ulimit -f 128; exec {} fill '${path}'`, runtime))
    expect(said).toMatch(/^DiskError: cannot write .*file too large \(EFBIG\), again: true, size: (65536|131072)$/)
  },
)

describe('a lock', () => {
  test.each([
    ['node', 'bun'],
    ['bun', 'node'],
    ['bun', 'bun'],
  ] as [Runtime, Runtime][])('taken under %s is refused under %s', async (holder, other) => {
    const child = start(holder, 'hold', path)
    expect(await firstWordOf(child)).toBe('locked')
    expect(await answerOf(start(other, 'try', path))).toBe('held')
    await end(child)
    expect(await answerOf(start(other, 'try', path))).toBe('free')
  })

  test('is free at once when its holder is killed, and not when it is stopped', async () => {
    const child = start('node', 'hold', path)
    expect(await firstWordOf(child)).toBe('locked')
    const file = fileSystem.open(path, 'write')
    child.kill('SIGSTOP')
    expect(file.lock('exclusive', 30)).toBe(false)
    await end(child)
    expect(file.lock('exclusive', 0)).toBe(true)
  })

  test.each([10_000, WAIT_FOREVER_MS])('is waited for until it is given back (at most %d ms)', async (waitMs) => {
    const child = start('node', 'hold', path, '100')
    expect(await firstWordOf(child)).toBe('locked')
    const file = fileSystem.open(path, 'write')
    expect(file.lock('exclusive', 0)).toBe(false)
    expect(file.lock('exclusive', waitMs)).toBe(true)
    await end(child)
  })

  test('waits no longer than it was told to', () => {
    const [first, second] = [fileSystem.open(path, 'create'), fileSystem.open(path, 'create')]
    first.lock('exclusive', 0)
    const start = performance.now()
    expect(second.lock('exclusive', 20)).toBe(false)
    expect(performance.now() - start).toBeGreaterThanOrEqual(19)
  })

  test('keeps four processes of both runtimes from losing a step', async () => {
    const children = (['node', 'bun', 'node', 'bun'] as const).map((runtime) => start(runtime, 'count', path, '2000'))
    expect(await Promise.all(children.map(answerOf))).toEqual(['done', 'done', 'done', 'done'])
    const counter = new Uint32Array(1)
    fileSystem.open(path, 'read').read(new Uint8Array(counter.buffer), 0)
    expect(counter[0]).toBe(8_000)
  })

  test('ends with close even while a sync is under way', async () => {
    const [first, second] = [fileSystem.open(path, 'create'), fileSystem.open(path, 'create')]
    first.lock('exclusive', 0)
    first.write(bytes('x'), 0)
    const synced = first.syncSoon()
    first.close()
    expect(second.lock('exclusive', 0)).toBe(true)
    await synced
    expect(contentOf(second)).toBe('x')
  })
})

function failureOf(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}
