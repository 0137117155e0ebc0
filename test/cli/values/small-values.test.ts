import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../src/base/errors.ts'
import { parseCodec } from '../../../src/cli/values/codec.ts'
import { parseDelimiter } from '../../../src/cli/values/delimiter.ts'
import { parseFsyncPolicy } from '../../../src/cli/values/fsync-policy.ts'
import { parseHeader } from '../../../src/cli/values/header.ts'
import { includesPartition, parsePartitionList } from '../../../src/cli/values/partition-list.ts'
import { parseRate } from '../../../src/cli/values/rate.ts'
import { parseTailCount } from '../../../src/cli/values/tail-count.ts'

describe('parseDelimiter', () => {
  test.each([
    [';', [0x3b]],
    ['\\n', [10]],
    ['\\r\\n', [13, 10]],
    ['\\t\\0\\x00\\xfF\\\\', [9, 0, 0, 255, 92]],
    ['::', [0x3a, 0x3a]],
    ['é', [0xc3, 0xa9]],
    ['\\x411', [0x41, 0x31]],
  ])('reads %s', (text, bytes) => {
    expect([...parseDelimiter(text, '-D')]).toEqual(bytes)
  })

  test.each(['', '\\', '\\q', '\\x', '\\x1', '\\xg0', 'x'.repeat(1025)])('refuses %j', (text) => {
    expect(() => parseDelimiter(text, '-D')).toThrow(UsageError)
  })

  test('takes an empty one only where that has a meaning', () => {
    expect(parseDelimiter('', '-D', { allowEmpty: true })).toHaveLength(0)
  })

  test('can write any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100, size: 'max' }), (bytes) => {
        const text = Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
        expect(parseDelimiter(text, '-D')).toEqual(bytes)
      }),
    )
  })
})

describe('parseHeader', () => {
  test('splits at the first equals sign', () => {
    expect(parseHeader('a=b=c', '-H')).toEqual({ name: 'a', value: new TextEncoder().encode('b=c') })
  })

  test('tells an empty value from none', () => {
    expect(parseHeader('a=', '-H').value).toHaveLength(0)
    expect(parseHeader('a', '-H').value).toBeNull()
  })

  test.each(['', '=x'])('refuses %j, which has no name', (text) => {
    expect(() => parseHeader(text, '-H')).toThrow(UsageError)
  })
})

describe('parsePartitionList', () => {
  test('reads numbers, ranges and an open end', () => {
    const list = parsePartitionList(['1,3-5', '9-'], '-p')
    expect([0, 1, 2, 3, 5, 6, 8, 9, 2 ** 31 - 1].filter((p) => includesPartition(list, p))).toEqual([
      1,
      3,
      5,
      9,
      2 ** 31 - 1,
    ])
  })

  test('keeps a range of any length small', () => {
    expect(parsePartitionList(['0-2147483647'], '-p')).toEqual([{ first: 0, last: 2 ** 31 - 1 }])
  })

  test.each(['', ',', '1,', '-1', '5-3', '2147483648', '1.5', 'x', '1 2'])('refuses %j', (text) => {
    expect(() => parsePartitionList([text], '-p')).toThrow(UsageError)
  })
})

describe('parseCodec', () => {
  test.each([
    ['none', { codec: 'none', level: undefined }],
    ['snappy', { codec: 'snappy', level: undefined }],
    ['gzip:9', { codec: 'gzip', level: 9 }],
    ['lz4:17', { codec: 'lz4', level: 17 }],
    ['zstd:22', { codec: 'zstd', level: 22 }],
    ['zstd:-131072', { codec: 'zstd', level: -131_072 }],
  ])('reads %s', (text, choice) => {
    expect(parseCodec(text, '-z')).toEqual(choice)
  })

  test.each([
    '',
    'brotli',
    'ZSTD',
    'zstd:',
    'zstd:x',
    'zstd:23',
    'zstd:-131073',
    'gzip:10',
    'lz4:0',
    'none:1',
    'snappy:1',
    'toString',
  ])('refuses %j', (text) => {
    expect(() => parseCodec(text, '-z')).toThrow(UsageError)
  })
})

describe('parseFsyncPolicy', () => {
  test.each([
    ['never', { kind: 'never' }],
    ['exit', { kind: 'exit' }],
    ['batch', { kind: 'batch' }],
    ['interval:500', { kind: 'interval', intervalMs: 500 }],
    ['interval:2s', { kind: 'interval', intervalMs: 2000 }],
  ])('reads %s', (text, policy) => {
    expect(parseFsyncPolicy(text, '--fsync')).toEqual(policy)
  })

  test.each(['', 'always', 'interval', 'interval:', 'interval:0', 'interval:-1'])('refuses %j', (text) => {
    expect(() => parseFsyncPolicy(text, '--fsync')).toThrow(UsageError)
  })
})

describe('parseRate', () => {
  test.each([
    ['100/s', 100],
    ['100', 100],
    ['90/m', 1.5],
    ['0.5/s', 0.5],
  ])('reads %s', (text, perSecond) => {
    expect(parseRate(text, '--rate')).toBe(perSecond)
  })

  test.each(['', '0', '0/s', '-1', '1/', '1/d', 'x', '1e9', '99999999999'])('refuses %j', (text) => {
    expect(() => parseRate(text, '--rate')).toThrow(UsageError)
  })
})

describe('parseTailCount', () => {
  test.each([
    ['10', { kind: 'last', count: 10 }],
    ['-5', { kind: 'last', count: 5 }],
    ['+1', { kind: 'from', nth: 1 }],
    ['+0', { kind: 'from', nth: 1 }],
  ])('reads %s', (text, count) => {
    expect(parseTailCount(text, '-n')).toEqual(count)
  })

  test.each(['', 'x', '1.5', '++1', '9999999999999999'])('refuses %j', (text) => {
    expect(() => parseTailCount(text, '-n')).toThrow(UsageError)
  })
})
