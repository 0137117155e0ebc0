import { describe, expect, test } from 'vitest'
import { chaosRun } from './chaos-run.ts'
import { anomalies, type Poll, type Send } from './history.ts'

const ok = (value: string, offset: bigint): Send => ({
  producer: 'p',
  partition: 0,
  value,
  outcome: { kind: 'ok', offset },
})
const info = (value: string): Send => ({ producer: 'p', partition: 0, value, outcome: { kind: 'info' } })
const reads = (consumer: string, ...values: readonly (readonly [number, string])[]): Poll[] =>
  values.map(([offset, value]) => ({ consumer, partition: 0, offset: BigInt(offset), value }))
const kinds = (found: readonly string[]): string[] => found.map((one) => one.split(':')[0] ?? '')

describe('the checker', () => {
  test('has nothing to say of a history as it should be, whatever became of what was not acknowledged', () => {
    const sends = [ok('a', 0n), info('b'), info('c'), ok('d', 2n)]
    const finalReads = reads('final', [0, 'a'], [1, 'b'], [2, 'd'])
    expect(anomalies({ sends, finalReads, polls: reads('c', [0, 'a'], [1, 'b'], [2, 'd']) })).toEqual([])
  })

  test.each([
    ['lost-write', [ok('a', 0n), ok('b', 1n)], [[0, 'a']], []],
    [
      'duplicate',
      [ok('a', 0n)],
      [
        [0, 'a'],
        [1, 'a'],
      ],
      [],
    ],
    [
      'duplicate',
      [info('a')],
      [
        [0, 'a'],
        [1, 'a'],
      ],
      [],
    ],
    [
      'invented',
      [ok('a', 0n)],
      [
        [0, 'a'],
        [1, 'x'],
      ],
      [],
    ],
    ['inconsistent-offsets', [ok('a', 1n)], [[0, 'a']], []],
    ['inconsistent-offsets', [ok('a', 0n), info('b')], [[0, 'a']], [[0, 'b']]],
    [
      'nonmonotonic-send',
      [ok('a', 1n), ok('b', 0n)],
      [
        [0, 'b'],
        [1, 'a'],
      ],
      [],
    ],
    [
      'nonmonotonic-poll',
      [ok('a', 0n), ok('b', 1n)],
      [
        [0, 'a'],
        [1, 'b'],
      ],
      [
        [1, 'b'],
        [0, 'a'],
      ],
    ],
    [
      'poll-skip',
      [ok('a', 0n), ok('b', 1n), ok('c', 2n)],
      [
        [0, 'a'],
        [1, 'b'],
        [2, 'c'],
      ],
      [
        [0, 'a'],
        [2, 'c'],
      ],
    ],
  ] as [string, Send[], [number, string][], [number, string][]][])('finds %s', (kind, sends, final, polls) => {
    const history = { sends, finalReads: reads('final', ...final), polls: reads('c', ...polls) }
    expect(kinds(anomalies(history))).toEqual([kind])
  })
})

test('a broker that is killed, paused and cut off loses, doubles, reorders and invents nothing', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const report = await chaosRun(seed, 15)
  console.log(`seed ${seed}: ${JSON.stringify(report)}`)
  expect(report.anomalies).toEqual([])
  expect(report.acknowledged).toBeGreaterThan(100)
  expect(report.healedMs).toBeLessThan(10_000)
}, 90_000)
