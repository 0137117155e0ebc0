import { mkdirSync, statfsSync, statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { nativeCalls } from '../../src/disk/native-calls.ts'
import { PartitionLog } from '../../src/storage/partition-log.ts'
import { batch } from '../support/batches.ts'
import { skippedFor } from '../support/require-tool.ts'
import { PartitionScene } from './partition-scene.ts'
import { Scratch } from './scratch.ts'

const ext4 = 0xef53
const isSkipped = skippedFor(
  nativeCalls() === undefined || statfsSync('/tmp').type !== ext4 ? 'room is set aside on ext4 alone' : undefined,
)

test.skipIf(isSkipped)(
  'room is set aside for a segment that much is written to, and given back when it is left',
  () => {
    const scratch = new Scratch()
    mkdirSync(scratch.path('t-0'))
    const log = logIn(scratch, 2 ** 30)
    fill(log, 12)
    expect(unusedBytes(scratch)).toBeLessThan(100_000)
    fill(log, 12)
    expect(unusedBytes(scratch)).toBeGreaterThan(1_000_000)
    const other = logIn(scratch, 2 ** 30)
    fill(other, 1)
    log.close()
    expect(unusedBytes(scratch)).toBeLessThan(100_000)
    other.close()
    expect(statSync(logFile(scratch)).size).toBe(25 * megabyte.length)
  },
)

test.skipIf(isSkipped)('a roll gives back what a writer that was killed has set aside', () => {
  const scratch = new Scratch()
  mkdirSync(scratch.path('t-0'))
  fill(logIn(scratch, 26 * megabyte.length), 24)
  const other = logIn(scratch, 26 * megabyte.length)
  fill(other, 2)
  expect(unusedBytes(scratch)).toBeGreaterThan(1_000_000)
  fill(other, 1)
  expect(unusedBytes(scratch)).toBeLessThan(100_000)
  other.close()
})

const megabyte = batch({ values: ['x'.repeat(1024 * 1024)] })

function fill(log: PartitionLog, megabytes: number): void {
  for (let i = 0; i < megabytes; i++) log.append(megabyte.slice(), 'never')
}

function logIn(scratch: Scratch, segmentBytes: number): PartitionLog {
  const options = new PartitionScene({ segmentBytes }).options(null as never)
  return new PartitionLog({ ...options, fileSystem: scratch.fileSystem, logDirectory: scratch.directory })
}

function logFile(scratch: Scratch): string {
  return scratch.path('t-0/00000000000000000000.log')
}

/** Bytes on the disk beyond the size of the first segment. */
function unusedBytes(scratch: Scratch): number {
  const { blocks, size } = statSync(logFile(scratch))
  return blocks * 512 - size
}
