import { expect, test } from 'vitest'
import { parseBudget } from '../../../src/cli/values/budget.ts'
import { parseTopicWeights } from '../../../src/cli/values/topic-weights.ts'

test.each([
  ['20GiB', { kind: 'bytes', bytes: 20 * 2 ** 30 }],
  ['512m', { kind: 'bytes', bytes: 512 * 2 ** 20 }],
  ['0', { kind: 'bytes', bytes: 0 }],
  ['85%', { kind: 'share', share: 0.85 }],
  ['0.5%', { kind: 'share', share: 0.005 }],
  ['100%', { kind: 'share', share: 1 }],
])('%s is a budget', (text, expected) => {
  expect(parseBudget(text, '--budget')).toEqual(expected)
})

test.each(['', '0%', '101%', '-5', '5 %', '80', '20GiB%', 'all', '1e9'])('%j is none', (text) => {
  expect(() => parseBudget(text, '--budget')).toThrow('--budget')
})

test('weights of several texts are one list', () => {
  expect(parseTopicWeights(['audit=5,debug=0.5', 'app=2'], '--weight')).toEqual(
    new Map([
      ['audit', 5],
      ['debug', 0.5],
      ['app', 2],
    ]),
  )
})

test.each(['audit', 'audit=', '=5', 'audit=0', 'audit=-1', 'audit=many', 'a=1,,b=2'])(
  '%j is no list of weights',
  (text) => {
    expect(() => parseTopicWeights([text], '--weight')).toThrow('--weight')
  },
)
