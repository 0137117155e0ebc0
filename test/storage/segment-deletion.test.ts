import { expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { deleteSegmentsBelow } from '../../src/storage/segment-deletion.ts'
import { Scratch } from './scratch.ts'

/** Segments at 0, 10 and 20 with some of their files, and what lies beside them. */
function partition(): Scratch {
  const scratch = new Scratch()
  for (const base of ['00', '10', '20']) {
    for (const part of ['log', 'index', 'timeindex']) scratch.write(`000000000000000000${base}.${part}`, '')
  }
  for (const name of [
    '00000000000000000000.txnindex',
    '00000000000000000010.snapshot',
    '00000000000000000020.snapshot',
  ])
    scratch.write(name, '')
  for (const name of ['leader-epoch-checkpoint', 'partition.metadata', 'tslog.lock', 'notes.txt'])
    scratch.write(name, '')
  return scratch
}

const bases = (scratch: Scratch): string[] =>
  scratch
    .names()
    .filter((name) => /\.(log|index|timeindex|txnindex|snapshot)$/.test(name))
    .map((name) => name.slice(18))

test.each([
  [
    0,
    0,
    [
      '00.index',
      '00.log',
      '00.timeindex',
      '00.txnindex',
      '10.index',
      '10.log',
      '10.snapshot',
      '10.timeindex',
      '20.index',
      '20.log',
      '20.snapshot',
      '20.timeindex',
    ],
  ],
  [
    9,
    0,
    [
      '00.index',
      '00.log',
      '00.timeindex',
      '00.txnindex',
      '10.index',
      '10.log',
      '10.snapshot',
      '10.timeindex',
      '20.index',
      '20.log',
      '20.snapshot',
      '20.timeindex',
    ],
  ],
  [10, 1, ['10.index', '10.log', '10.snapshot', '10.timeindex', '20.index', '20.log', '20.snapshot', '20.timeindex']],
  [25, 2, ['20.index', '20.log', '20.snapshot', '20.timeindex']],
])('with a log that begins at %i, %i segments go, the newest never', (start, count, left) => {
  const scratch = partition()
  const how = { logStartOffset: offset(start), delayMs: 0, hasProducers: false }
  expect(deleteSegmentsBelow(scratch.fileSystem, scratch.directory, how)).toEqual({ count, failure: undefined })
  expect(bases(scratch)).toEqual(left)
  expect(scratch.names()).toEqual(
    expect.arrayContaining(['leader-epoch-checkpoint', 'notes.txt', 'partition.metadata', 'tslog.lock']),
  )
})
