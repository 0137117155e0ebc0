import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { MalformedMessageError } from '../../src/base/errors.ts'
import { codecId, type CompressionCodec } from '../../src/record/codec.ts'
import { compress } from '../../src/record/compression/compression.ts'
import { LegacyMessage } from '../../src/record/message-set.ts'
import { readAll, text } from './batches.ts'
import { goldenLegacy, hex, t } from './golden-batches.ts'

interface Message {
  readonly magic: 0 | 1
  readonly offset: bigint
  readonly attributes?: number
  readonly timestamp?: number
  readonly key?: string | null
  readonly value: string | Uint8Array | null
}

/** What producers of the time wrote; we never do. */
function message({ magic, offset, attributes = 0, timestamp = t, key = null, value }: Message): Uint8Array {
  const body = [...lengthAndBytes(key), ...lengthAndBytes(value)]
  const bytes = new Uint8Array(18 + (magic === 1 ? 8 : 0) + body.length)
  const view = new DataView(bytes.buffer)
  view.setBigInt64(0, offset)
  view.setInt32(8, bytes.length - 12)
  bytes.set([magic, attributes], 16)
  if (magic === 1) view.setBigInt64(18, BigInt(timestamp))
  bytes.set(body, bytes.length - body.length)
  view.setUint32(12, crc32(bytes.subarray(16)))
  return bytes
}

function lengthAndBytes(part: string | Uint8Array | null): number[] {
  const bytes = typeof part === 'string' ? text(part) : part
  const length = new Uint8Array(4)
  new DataView(length.buffer).setInt32(0, bytes === null ? -1 : bytes.length)
  return [...length, ...(bytes ?? [])]
}

function wrapper(magic: 0 | 1, codec: CompressionCodec, options: Partial<Message> & { inner: Uint8Array[] }) {
  const { inner, attributes = 0, offset = 11n, ...rest } = options
  const set = new Uint8Array(inner.flatMap((bytes) => [...bytes]))
  const value = compress(codec, set)
  return message({ magic, offset, attributes: attributes | codecId(codec), value, ...rest })
}

function relative(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) =>
    message({ magic: 1, offset: BigInt(index), timestamp: t + index, key: `k${index}`, value: `v${index}` }),
  )
}

describe('golden messages', () => {
  test('reads magic 0', () => {
    const read = new LegacyMessage(hex(goldenLegacy.magic0))
    expect(read).toMatchObject({ magic: 0, baseOffset: 5n, lastOffset: 5n, nextOffset: 6n, maxTimestamp: -1 })
    expect(read).toMatchObject({ codec: 'none', recordCount: 1, lastOffsetDelta: 0, producerId: -1n, isControl: false })
    expect(read.isCrcValid()).toBe(true)
    expect(readAll(read)).toEqual([{ offset: 5n, timestamp: -1, key: 'k', value: 'v', headers: [] }])
  })

  test('reads magic 1', () => {
    const read = new LegacyMessage(hex(goldenLegacy.magic1))
    expect(read).toMatchObject({
      magic: 1,
      baseOffset: 5n,
      maxTimestamp: t,
      baseTimestamp: t,
      timestampType: 'CreateTime',
    })
    expect(read.isCrcValid()).toBe(true)
    expect(readAll(read)).toEqual([{ offset: 5n, timestamp: t, key: 'k', value: 'v', headers: [] }])
  })

  test('the messages of these tests are made as Kafka makes them', () => {
    expect(message({ magic: 0, offset: 0n, key: 'k', value: 'v' })).toEqual(hex(goldenLegacy.magic0AtZero))
    expect(message({ magic: 1, offset: 0n, key: 'k', value: 'v' })).toEqual(hex(goldenLegacy.magic1AtZero))
  })

  test('notices every flipped byte from the CRC on', () => {
    const bytes = hex(goldenLegacy.magic1)
    for (let at = 12; at < bytes.length; at++) {
      if (at === 16) continue
      expect(new LegacyMessage(bytes.with(at, (bytes[at] ?? 0) ^ 0x40)).isCrcValid()).toBe(false)
    }
  })
})

describe('a compressed message', () => {
  test.each(['gzip', 'snappy', 'lz4'] as const)('of magic 1 and %s has relative offsets inside', (codec) => {
    const read = new LegacyMessage(wrapper(1, codec, { inner: relative(3), timestamp: t + 2 }))
    expect(read).toMatchObject({ codec, lastOffset: 11n, baseOffset: 9n, recordCount: 3, lastOffsetDelta: 2 })
    expect(read).toMatchObject({ maxTimestamp: t + 2, baseTimestamp: t })
    expect(readAll(read)).toEqual([
      { offset: 9n, timestamp: t, key: 'k0', value: 'v0', headers: [] },
      { offset: 10n, timestamp: t + 1, key: 'k1', value: 'v1', headers: [] },
      { offset: 11n, timestamp: t + 2, key: 'k2', value: 'v2', headers: [] },
    ])
  })

  test('of magic 0 has absolute offsets inside, with gaps where compaction made them', () => {
    const inner = [7n, 9n].map((offset) => message({ magic: 0, offset, value: String(offset) }))
    const read = new LegacyMessage(wrapper(0, 'gzip', { inner, offset: 9n }))
    expect(read).toMatchObject({ baseOffset: 7n, lastOffset: 9n })
    expect(readAll(read).map(({ offset, timestamp, value }) => [offset, timestamp, value])).toEqual([
      [7n, -1, '7'],
      [9n, -1, '9'],
    ])
  })

  test('at offset 0 begins at 0, as old librdkafka meant it', () => {
    const read = new LegacyMessage(wrapper(1, 'gzip', { inner: relative(3), offset: 0n }))
    expect(readAll(read).map((record) => record.offset)).toEqual([0n, 1n, 2n])
  })

  test('under LogAppendTime has one timestamp for all', () => {
    const read = new LegacyMessage(wrapper(1, 'gzip', { inner: relative(2), attributes: 0x08, timestamp: t + 500 }))
    expect(read.timestampType).toBe('LogAppendTime')
    expect(readAll(read).map((record) => record.timestamp)).toEqual([t + 500, t + 500])
  })

  test('is read when its LZ4 header checksum covers the magic number too (KAFKA-3160)', () => {
    const frame = compress('lz4', new Uint8Array(relative(1).flatMap((bytes) => [...bytes])))
    const value = frame.with(6, (frame[6] ?? 0) ^ 0xff)
    const read = new LegacyMessage(message({ magic: 0, offset: 3n, attributes: 3, value }))
    expect(() => readAll(read)).toThrow(/magic 1 inside one of magic 0/)
    const same = new LegacyMessage(message({ magic: 1, offset: 3n, attributes: 3, value }))
    expect(readAll(same).map((record) => record.value)).toEqual(['v0'])
  })

  test.each([
    ['zstd', wrapper(1, 'zstd', { inner: relative(1) })],
    ['an unknown codec', message({ magic: 1, offset: 1n, attributes: 7, value: 'x' })],
    ['no value', message({ magic: 1, offset: 1n, attributes: 1, value: null })],
    ['nothing inside', wrapper(1, 'gzip', { inner: [] })],
    ['compression inside', wrapper(1, 'gzip', { inner: [wrapper(1, 'gzip', { inner: relative(1), offset: 0n })] })],
    ['an end before its beginning', wrapper(1, 'gzip', { inner: relative(3), offset: 1n })],
    ['a cut message inside', wrapper(1, 'gzip', { inner: [...relative(2), new Uint8Array(5)] })],
    ['bytes that are no stream', message({ magic: 1, offset: 1n, attributes: 1, value: 'not gzip' })],
  ])('is refused with %s', (_name, bytes) => {
    const read = new LegacyMessage(bytes)
    expect(() => readAll(read)).toThrow(MalformedMessageError)
    expect(() => read.baseOffset).toThrow(MalformedMessageError)
  })

  test('is refused when it decompresses to more than the limit', () => {
    const inner = [message({ magic: 1, offset: 0n, value: new Uint8Array(1000) })]
    const bytes = wrapper(1, 'gzip', { inner })
    expect(() => readAll(new LegacyMessage(bytes), 1000)).toThrow(/more than 1000 bytes/)
    expect(readAll(new LegacyMessage(bytes), 2000).length).toBe(1)
  })
})

describe('hostile bytes', () => {
  test.each([
    ['key', 26],
    ['value', 31],
  ])('a %s length that lies is refused', (_name, at) => {
    for (const length of [-2, 2, 100, 0x7fff_ffff, -0x8000_0000]) {
      const bytes = hex(goldenLegacy.magic1)
      new DataView(bytes.buffer).setInt32(at, length)
      expect(() => readAll(new LegacyMessage(bytes))).toThrow(MalformedMessageError)
    }
  })

  test('every prefix is refused', () => {
    const bytes = hex(goldenLegacy.magic1)
    for (let length = 0; length < bytes.length; length++) {
      expect(() => new LegacyMessage(bytes.subarray(0, length))).toThrow(MalformedMessageError)
    }
  })

  test('every changed byte of a compressed message is read or refused', () => {
    const bytes = wrapper(1, 'gzip', { inner: relative(2) })
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        try {
          readAll(new LegacyMessage(bytes.with(at, (bytes[at] ?? 0) ^ mask)))
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessageError)
        }
      }
    }
  })
})
