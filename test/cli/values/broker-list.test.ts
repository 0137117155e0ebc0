import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UsageError } from '../../../src/base/errors.ts'
import { parseBrokerList } from '../../../src/cli/values/broker-list.ts'
import { anyText, textOf } from '../arbitraries.ts'

test('reads hosts with and without a port', () => {
  expect(parseBrokerList('a.b-c:1, 127.0.0.1,[fe80::1%eth0]:65535', '-b')).toEqual([
    { host: 'a.b-c', port: 1 },
    { host: '127.0.0.1', port: 9092 },
    { host: 'fe80::1%eth0', port: 65_535 },
  ])
})

test.each([
  '',
  'a,',
  ':1',
  'a:0',
  'a:65536',
  'a:x',
  'a:1:2',
  '::1',
  '[::1',
  '[g]:1',
  '-x:1',
  'a b',
  'a\nb',
  '../x',
  'a/b',
  'http://a:1',
])('refuses %j', (text) => {
  expect(() => parseBrokerList(text, '-b')).toThrow(UsageError)
})

test.each([
  ['-b', '-b localhost'],
  ['TSLOG_BROKERS', 'TSLOG_BROKERS=localhost'],
  ['bootstrap.servers in ./tslog.properties', 'bootstrap.servers=localhost'],
])('shows how %s is said right', (flag, example) => {
  expect(() => parseBrokerList(':1', flag)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining(`for example ${example}`) as string }) as Error,
  )
})

test('knows any text as brokers or as wrong', () => {
  const text = fc.oneof(anyText(40), textOf('ab:.[],1%-'))
  fc.assert(
    fc.property(text, (value) => {
      try {
        for (const { host, port } of parseBrokerList(value, '-b'))
          expect([/^[\w:.%-]+$/.test(host), port > 0]).toEqual([true, true])
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError)
      }
    }),
  )
})
