import fc from 'fast-check'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { MalformedMessageError } from '../../../src/base/errors.ts'
import { gzipCompress, gzipDecompress } from '../../../src/record/compression/gzip.ts'

test('reads whatever it wrote, at each level', () => {
  const input = fc.uint8Array({ maxLength: 4096, size: 'max' })
  fc.assert(
    fc.property(input, fc.integer({ min: -1, max: 9 }), (bytes, level) => {
      expect(gzipDecompress(gzipCompress(bytes, level), bytes.length)).toEqual(bytes)
    }),
    { numRuns: 50 },
  )
})

test('joins the members of a stream', () => {
  const stream = new Uint8Array([...gzipSync('one '), ...gzipSync('two')])
  expect(gzipDecompress(stream, 100)).toEqual(new TextEncoder().encode('one two'))
  expect(() => gzipDecompress(stream, 6)).toThrow(/more than 6 bytes/)
})

test('refuses a bomb after the limit, not after the whole of it', () => {
  const bomb = gzipCompress(new Uint8Array(64 * 1024 * 1024), 1)
  expect(() => gzipDecompress(bomb, 1024 * 1024)).toThrow(/more than 1048576 bytes/)
})

test('refuses every cut stream and every flipped byte of the checked parts', () => {
  const stream = gzipCompress(new TextEncoder().encode('to be or not to be'))
  for (let cut = 0; cut < stream.length; cut++) {
    expect(() => gzipDecompress(stream.subarray(0, cut), 1000)).toThrow(MalformedMessageError)
  }
  for (let at = 10; at < stream.length; at++) {
    const damaged = stream.map((byte, index) => (index === at ? byte ^ 0x55 : byte))
    expect(() => gzipDecompress(damaged, 1000)).toThrow(MalformedMessageError)
  }
})

test('gives arrays whose slice is a copy', () => {
  const stream = gzipCompress(new Uint8Array(10))
  expect(stream.constructor).toBe(Uint8Array)
  expect(gzipDecompress(stream, 10).constructor).toBe(Uint8Array)
})
