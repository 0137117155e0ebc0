import { expect, test } from 'vitest'
import { KeyCounter } from '../../../src/cli/stats/key-counter.ts'

const add = (counter: KeyCounter, bytes: Uint8Array): void => counter.add(bytes, 0, bytes.length)
const text = (value: string): Uint8Array => new TextEncoder().encode(value)

test('names the most frequent keys, of equally frequent ones the first by name', () => {
  const counter = new KeyCounter()
  for (const key of ['b', 'a', 'c', 'c', 'a', 'b', 'c']) add(counter, text(key))
  expect(counter.top(2).map(({ key, count }) => [Buffer.from(key).toString(), count])).toEqual([
    ['c', 3],
    ['a', 2],
  ])
  expect([counter.distinct, counter.isComplete]).toEqual([3, true])
})

test('keeps keys apart that are not UTF-8', () => {
  const counter = new KeyCounter()
  add(counter, Uint8Array.of(0xff))
  add(counter, Uint8Array.of(0xfe))
  expect(counter.top(9).map(({ key }) => [...key])).toEqual([[0xfe], [0xff]])
})

test('says when there are more keys than it can tell apart', () => {
  const counter = new KeyCounter()
  for (let i = 0; i < 100_001; i++) add(counter, text(String(i)))
  expect([counter.distinct, counter.isComplete]).toEqual([100_000, false])
  add(counter, text('7'))
  expect(counter.top(1)[0]?.count).toBe(2)
})
