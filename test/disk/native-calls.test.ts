import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { nativeCalls } from '../../src/disk/native-calls.ts'
import { answerOf, firstWordOf, inShell, start } from './processes.ts'

describe('poll', () => {
  test('says whether a descriptor is ready, or none', () => {
    const fd = openSync('/dev/zero', 'r')
    expect(nativeCalls()?.poll(fd, 'readable', 1_000)).toBe('ready')
    expect(nativeCalls()?.poll(fd, 'writable', 1_000)).toBe('ready')
    expect(nativeCalls()?.poll(fd, 'hang-up', 5)).toBe('timeout')
    closeSync(fd)
    expect(nativeCalls()?.poll(1_000_000, 'readable', 1_000)).toBe('hung-up')
  })

  test('ends after its time', () => {
    expect(nativeCalls()?.poll(-1, 'readable', 5)).toBe('timeout')
  })

  test.each(['node', 'bun'] as const)('ends at a signal, though it has a handler (%s)', async (runtime) => {
    const child = start(runtime, 'poll')
    expect(await firstWordOf(child)).toBe('ready')
    // Again and again, since the first may come before the wait begins.
    const signals = setInterval(() => child.kill('SIGUSR2'), 20)
    expect(await answerOf(child)).toBe('"interrupted"')
    clearInterval(signals)
  })

  test.each(['node', 'bun'] as const)(
    'notices that the reader of a pipe is gone, which was made bigger (%s)',
    async (runtime) => {
      const said = await answerOf(inShell('{ {} pipe | sleep 0.2; } 2>&1', runtime))
      expect(said).toBe('grown: true\nhung-up')
    },
  )
})

test('what is no pipe cannot be made bigger', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tslog-disk-'))
  const fd = openSync(join(directory, 'file'), 'w')
  expect(nativeCalls()?.setPipeSize(fd, 1 << 20)).toBe(false)
  closeSync(fd)
  rmSync(directory, { recursive: true })
})

test('a lock or a size of no file is a failure by its name', () => {
  expect(nativeCalls()?.ofdLock(1_000_000, 'shared')).toBe('EBADF')
  expect(nativeCalls()?.fileSize(1_000_000)).toBe(-1)
})
