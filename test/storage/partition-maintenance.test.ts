import { expect, test } from 'vitest'
import { LockedError } from '../../src/base/errors.ts'
import { PartitionMaintenance } from '../../src/storage/partition-maintenance.ts'
import { end, firstWordOf, start } from '../disk/processes.ts'
import { Scratch } from './scratch.ts'

test('a compaction waits for a process that only looks whether there is one, and for no other', async () => {
  const { fileSystem, directory } = new Scratch()
  const path = `${directory}/tslog-maintenance.lock`
  const opener = start('node', 'hold', path, '300')
  expect(await firstWordOf(opener)).toBe('locked')
  PartitionMaintenance.begin(fileSystem, directory).end()
  const compaction = start('node', 'hold', path)
  expect(await firstWordOf(compaction)).toBe('locked')
  expect(() => PartitionMaintenance.begin(fileSystem, directory)).toThrow(LockedError)
  await end(compaction)
})
