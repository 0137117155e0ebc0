import { describe, expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { TemporaryError } from '../../src/base/errors.ts'
import { GoneError } from '../../src/disk/memory-disk.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { CHECKPOINT_LOCK } from '../../src/storage/file-names.ts'
import {
  mergeOffsetCheckpoint,
  type OffsetChanges,
  readOffsetCheckpoint,
} from '../../src/storage/offset-checkpoints.ts'
import { Scratch } from './scratch.ts'

const name = 'recovery-point-offset-checkpoint'

function merge(scratch: Scratch, entries: readonly (readonly [string, number | undefined])[]): void {
  const changes: OffsetChanges = new Map(
    entries.map(([partition, value]) => [partition, value === undefined ? undefined : offset(value)]),
  )
  mergeOffsetCheckpoint(scratch.fileSystem, scratch.directory, name, { changes, waitMs: 0 })
}

describe('an offset checkpoint', () => {
  test('changes only the partitions that it is told of', () => {
    const scratch = new Scratch()
    scratch.write(name, '0\n3\napp-logs 0 5\napp-logs 1 6\nu 0 9223372036854775807\n')
    merge(scratch, [
      ['app-logs-1', 7],
      ['v.w-2', 0],
      ['app-logs-0', undefined],
    ])
    expect(scratch.text(name)).toBe('0\n3\napp-logs 1 7\nu 0 9223372036854775807\nv.w 2 0\n')
  })

  test('is not written when nothing is new', () => {
    const scratch = new Scratch()
    merge(scratch, [['t-0', 5]])
    const { identity } = scratch.file(name)
    merge(scratch, [
      ['t-0', 5],
      ['u-0', undefined],
    ])
    expect(scratch.file(name).identity).toBe(identity)
    merge(scratch, [['t-0', 6]])
    expect(scratch.file(name).identity).not.toBe(identity)
  })

  test('waits for its turn, and says who keeps it', () => {
    const scratch = new Scratch()
    const holder = scratch.file(CHECKPOINT_LOCK)
    expect(holder.lock('exclusive', 0)).toBe(true)
    expect(() => merge(scratch, [['t-0', 5]])).toThrow(TemporaryError)
    holder.unlock()
    merge(scratch, [['t-0', 5]])
    expect(scratch.text(name)).toBe('0\n1\nt 0 5\n')
  })

  test.each([
    ['a line with two fields', '0\n1\nt 5\n'],
    ['an offset that is none', '0\n1\nt 0 -5\n'],
    ['an offset that is too large', '0\n1\nt 0 9223372036854775808\n'],
    ['a topic that would be a path', '0\n1\n../x 0 5\n'],
    ['a wrong count', '0\n2\nt 0 5\n'],
  ])('counts as empty with %s, and is made anew', (_, text) => {
    const scratch = new Scratch()
    scratch.write(name, text)
    const { offsets, damage } = readOffsetCheckpoint(scratch.fileSystem, scratch.directory, name)
    expect(offsets.size).toBe(0)
    expect(damage).toBeTypeOf('string')
    merge(scratch, [['t-0', 5]])
    expect(scratch.text(name)).toBe('0\n1\nt 0 5\n')
  })
})

test('what a process wrote that was killed before its name was durable is on the disk once another one asks for the same', () => {
  const fileSystem = new MemoryFileSystem()
  fileSystem.makeDirectory('/log')
  const mergeAs = (process: string): void => {
    const changes = new Map([['t-0', offset(5n)]])
    mergeOffsetCheckpoint(fileSystem.asProcess(process), '/log', name, { changes, waitMs: 0 })
  }
  fileSystem.beforeOperation((operation) => {
    if (operation.process === 'doomed' && operation.name === 'sync-directory') fileSystem.kill('doomed')
  })
  expect(() => mergeAs('doomed')).toThrow(GoneError)
  mergeAs('next')
  fileSystem.crash({ personality: 'lose-unsynced' })
  expect(readOffsetCheckpoint(fileSystem, '/log', name).offsets.get('t-0')).toBe(5n)
})
