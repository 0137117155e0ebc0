import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { UsageError } from '../../src/base/errors.ts'
import {
  baseOffsetOf,
  baseOffsetsOf,
  deletedDirectoryName,
  isTopicName,
  parseLogDirectoryName,
  parsePartitionFile,
  partitionDirectoryName,
  quarantineFileName,
  segmentFileName,
  snapshotFileName,
  topicCollisionKey,
  validateTopicName,
} from '../../src/storage/file-names.ts'
import { anyCharacter } from './scratch.ts'

const topicName = fc.stringMatching(/^[a-zA-Z0-9._-]{1,249}$/).filter((name) => name !== '.' && name !== '..')
const anyOffset = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(offset)
const id = '0123456789abcdef0123456789abcdef'

describe('names in a partition directory', () => {
  test('give the same base offsets together as one by one, whatever stands in them', () => {
    const stem = fc.oneof(
      anyOffset.map((at) => String(at).padStart(20, '0')),
      fc.stringMatching(/^[0-9 .exbn_+-]{20}$/),
      fc.constantFrom('0x000000000000000010', '                  15', '-0000000000000000015', '09223372036854775808'),
      fc.constantFrom('18446744073709551615', '18446744073709551616', '000000000000000001e5', '                    '),
    )
    fc.assert(
      fc.property(fc.array(stem.map((text) => `${text}.log`)), (names) => {
        const oneByOne = names.map(baseOffsetOf).filter((base) => base !== undefined)
        expect(baseOffsetsOf(names)).toEqual(oneByOne)
      }),
    )
  })

  test.each([
    ['00000000000000000015.log', { kind: 'segment', baseOffset: 15n, part: 'log', state: '' }],
    ['00000000000000000015.index', { kind: 'segment', baseOffset: 15n, part: 'index', state: '' }],
    ['00000000000000000015.timeindex.swap', { kind: 'segment', baseOffset: 15n, part: 'timeindex', state: '.swap' }],
    [
      '00000000000000000015.txnindex.cleaned',
      { kind: 'segment', baseOffset: 15n, part: 'txnindex', state: '.cleaned' },
    ],
    ['00000000000000000015.log.deleted', { kind: 'segment', baseOffset: 15n, part: 'log', state: '.deleted' }],
    ['00000000000000000015.snapshot', { kind: 'snapshot', offset: 15n, state: '' }],
    ['00000000000000000015.snapshot.deleted', { kind: 'snapshot', offset: 15n, state: '.deleted' }],
    ['00000000000000000015.4096.corrupt', { kind: 'quarantine', baseOffset: 15n, position: 4096 }],
    ['09223372036854775807.log', { kind: 'segment', baseOffset: 2n ** 63n - 1n, part: 'log', state: '' }],
    ['09223372036854775808.log', { kind: 'misnamed' }],
    ['leader-epoch-checkpoint', { kind: 'leader-epoch-checkpoint' }],
    ['partition.metadata', { kind: 'partition-metadata' }],
    ['tslog.lock', { kind: 'lock' }],
    ['leader-epoch-checkpoint.tmp', { kind: 'temporary' }],
    ['foo.deleted', { kind: 'deleted' }],
    ['foo.log', { kind: 'misnamed' }],
    ['15.log', { kind: 'misnamed' }],
    ['foo.swap', { kind: 'misnamed' }],
    ['foo.snapshot', { kind: 'misnamed' }],
    ['00000000000000000015', { kind: 'other' }],
    ['00000000000000000015.log.other', { kind: 'other' }],
    ['00000000000000000099-0000000001.checkpoint', { kind: 'other' }],
    ['.tslog-x', { kind: 'other' }],
    ['', { kind: 'other' }],
  ])('takes %s for what it is', (name, expected) => {
    expect(parsePartitionFile(name)).toEqual(expected)
  })

  test('reads back every name that it writes', () => {
    const part = fc.constantFrom('log' as const, 'index' as const, 'timeindex' as const, 'txnindex' as const)
    const state = fc.constantFrom('' as const, '.cleaned' as const, '.swap' as const, '.deleted' as const)
    fc.assert(
      fc.property(anyOffset, part, state, fc.nat(), (baseOffset, aPart, aState, position) => {
        expect(parsePartitionFile(segmentFileName(baseOffset, aPart, aState))).toEqual({
          kind: 'segment',
          baseOffset,
          part: aPart,
          state: aState,
        })
        expect(parsePartitionFile(snapshotFileName(baseOffset))).toMatchObject({ kind: 'snapshot', offset: baseOffset })
        expect(parsePartitionFile(quarantineFileName(baseOffset, position))).toEqual({
          kind: 'quarantine',
          baseOffset,
          position,
        })
      }),
    )
  })
})

describe('names of directories', () => {
  test.each([
    ['app-logs-0', { kind: 'partition', topic: 'app-logs', partition: 0 }],
    ['a.b-c_d-12', { kind: 'partition', topic: 'a.b-c_d', partition: 12 }],
    ['t--1', { kind: 'partition', topic: 't-', partition: 1 }],
    ['t-2147483647', { kind: 'partition', topic: 't', partition: 2147483647 }],
    [`a.b-3.${id}-delete`, { kind: 'delete', topic: 'a.b', partition: 3, id }],
    [`t-3.${id}-future`, { kind: 'future', topic: 't', partition: 3, id }],
    [`t-3.${id}-stray`, { kind: 'stray', topic: 't', partition: 3, id }],
    ['remote-log-index-cache', { kind: 'reserved' }],
    ['lost+found', { kind: 'reserved' }],
  ])('takes %s for what it is', (name, expected) => {
    expect(parseLogDirectoryName(name)).toEqual(expected)
  })

  test.each([
    '',
    'x',
    '-0',
    'x-',
    'x-y',
    'x-00',
    'x-+1',
    'x-2147483648',
    '..-0',
    'a b-0',
    'x-delete',
    '.tslog',
    `t.${id}-delete`,
  ])('says that %j is no partition', (name) => {
    expect(parseLogDirectoryName(name)).toMatchObject({ kind: 'invalid' })
  })

  test('reads back the directory of every partition, also when it is to be deleted', () => {
    fc.assert(
      fc.property(topicName, fc.nat({ max: 2 ** 31 - 1 }), (topic, partition) => {
        const directory = partitionDirectoryName({ topic, partition })
        expect(parseLogDirectoryName(directory)).toEqual({ kind: 'partition', topic, partition })
        const deleted = deletedDirectoryName({ topic, partition }, id)
        expect(deleted.length).toBeLessThanOrEqual(255)
        expect(parseLogDirectoryName(deleted)).toMatchObject({ kind: 'delete', partition, id })
      }),
    )
  })

  test('throws at no name', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: anyCharacter, size: 'max', maxLength: 60 }),
        (name) => void parseLogDirectoryName(name),
      ),
    )
  })
})

describe('topic names', () => {
  test.each([
    ['', 'not a topic name: "" is empty'],
    ['.', 'not a topic name: "." means a directory'],
    ['..', 'not a topic name: ".." means a directory'],
    ['a/b', 'not a topic name: "a/b" contains "/"'],
    ['app logs', 'not a topic name: "app logs" contains " "'],
    ['tö', 'not a topic name: "tö" contains "ö"'],
    ['a\n', String.raw`not a topic name: "a\n" contains "\n"`],
    ['😀', 'not a topic name: "😀" contains "😀"'],
  ])('says what is wrong with %j', (name, message) => {
    expect(() => validateTopicName(name)).toThrow(UsageError)
    expect(() => validateTopicName(name)).toThrow(message)
    expect(isTopicName(name)).toBe(false)
  })

  test('may have 249 characters and no more', () => {
    expect(isTopicName('a'.repeat(249))).toBe(true)
    expect(() => validateTopicName('a'.repeat(250))).toThrow('has 250 characters, at most 249 are allowed')
  })

  test('collide when only a dot tells them from an underscore', () => {
    expect(topicCollisionKey('a.b_c')).toBe(topicCollisionKey('a_b.c'))
    expect(topicCollisionKey('a.b')).not.toBe(topicCollisionKey('a-b'))
  })
})
