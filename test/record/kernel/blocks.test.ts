import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BlockTask, Kernel } from '../../../src/record/kernel/kernel.ts'
import { dullAlphabet, kernelsOfAllKinds } from './kernels.ts'

const memoryBytes = 1 << 19
const inputAt = 100
const packedAt = 100_000
const outputAt = 300_000
const canary = 0xc7
const kernels = kernelsOfAllKinds(memoryBytes)

const codecs = [
  { codec: 'lz4', compress: 'lz4Compress', decompress: 'lz4Decompress' },
  { codec: 'snappy', compress: 'snappyCompress', decompress: 'snappyDecompress' },
] as const

const cases = kernels.flatMap((kernel) => codecs.map((codec) => ({ ...kernel, ...codec })))

describe.each(cases)('raw $codec blocks of the $kind kernel', ({ kernel, compress, decompress }) => {
  const pack = (of: Kernel, bytes: Uint8Array, room = 2 * bytes.length + 100): Uint8Array | undefined => {
    of.memory.set(bytes, inputAt)
    const task = { start: inputAt, end: inputAt + bytes.length, outputStart: packedAt, outputEnd: packedAt + room }
    return result(of, task, of[compress](task))
  }
  const unpack = (of: Kernel, bytes: Uint8Array, room: number): Uint8Array | undefined => {
    of.memory.set(bytes, packedAt)
    of.memory.fill(canary, outputAt - 1000, outputAt + room + 1000)
    const task = { start: packedAt, end: packedAt + bytes.length, outputStart: outputAt, outputEnd: outputAt + room }
    const unpacked = result(of, task, of[decompress](task))
    expect(of.memory.subarray(outputAt - 1000, outputAt).every((byte) => byte === canary)).toBe(true)
    expect(of.memory.subarray(outputAt + room + 64, outputAt + room + 1000).every((byte) => byte === canary)).toBe(true)
    return unpacked
  }

  test('give back what went in', () => {
    fc.assert(
      fc.property(content, (bytes) => {
        const packed = pack(kernel, bytes)
        expect(packed).toBeDefined()
        expect(Buffer.compare(unpack(kernel, packed ?? bytes, bytes.length) ?? notPacked, bytes)).toBe(0)
      }),
      { numRuns: 200 },
    )
  })

  test('are the same bytes from each kernel', () => {
    fc.assert(
      fc.property(content, fc.nat({ max: 3000 }), (bytes, room) => {
        expect(hex(pack(kernel, bytes, room))).toBe(hex(pack(plain(), bytes, room)))
      }),
    )
  })

  test('shrink text, and take 64 KiB of it', () => {
    const text = Buffer.from(
      Array.from({ length: 3000 }, (_, i) => `line ${i % 97} of ${i} lines\n`).join(''),
    ).subarray(0, 65536)
    const packed = pack(kernel, text) ?? text
    expect(packed.length).toBeLessThan(text.length / 2)
    expect(Buffer.compare(unpack(kernel, packed, text.length) ?? notPacked, text)).toBe(0)
  })

  test('do not expand into less room than they need', () => {
    const packed = pack(kernel, Buffer.alloc(5000, 'ab')) ?? notPacked
    expect(unpack(kernel, packed, 4999)).toBeUndefined()
    expect(unpack(kernel, packed, 5000)).toHaveLength(5000)
  })

  test('when damaged, give up or give what the plain kernel gives', () => {
    fc.assert(
      fc.property(content, damage, fc.nat({ max: 3000 }), (bytes, { flips, cut }, room) => {
        const packed = Uint8Array.from(pack(plain(), bytes) ?? bytes)
        const damaged = packed.subarray(0, Math.max(0, packed.length - cut))
        for (const { at, byte } of flips) if (damaged.length > 0) damaged[at % damaged.length] = byte
        expect(hex(unpack(kernel, damaged, room))).toBe(hex(unpack(plain(), damaged, room)))
      }),
      { numRuns: 1000 },
    )
  })

  test('that are no blocks at all give up', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400, size: 'max' }), (bytes) => {
        expect(hex(unpack(kernel, bytes, 2000))).toBe(hex(unpack(plain(), bytes, 2000)))
      }),
      { numRuns: 500 },
    )
    expect(unpack(kernel, Buffer.of(), 100)).toBeUndefined()
  })

  test('are refused by the compressor above 64 KiB', () => {
    const task = { start: 0, end: 65537, outputStart: packedAt, outputEnd: packedAt + 100_000 }
    expect(() => kernel[compress](task)).toThrow('65536 at most')
  })
})

describe.each(kernels)('lz4Decompress of the $kind kernel', ({ kernel }) => {
  test('reaches back into the history that it is given, and no further', () => {
    // No literals, a match of 4 seven bytes back, then one literal.
    kernel.memory.set(Buffer.from('00070010' + '7a', 'hex'), packedAt)
    kernel.memory.set(Buffer.from('history'), outputAt - 7)
    const task = { start: packedAt, end: packedAt + 5, outputStart: outputAt, outputEnd: outputAt + 50 }
    expect(kernel.lz4Decompress({ ...task, historyStart: outputAt - 7 })).toBe(5)
    expect(Buffer.from(kernel.memory.subarray(outputAt, outputAt + 5)).toString()).toBe('histz')
    expect(kernel.lz4Decompress({ ...task, historyStart: outputAt - 6 })).toBe(-1)
    expect(kernel.lz4Decompress(task)).toBe(-1)
  })
})

const notPacked = Buffer.of(0)

const content = fc.oneof(
  fc.array(fc.constantFrom(...dullAlphabet), { maxLength: 2000 }).map((values) => Uint8Array.from(values)),
  fc
    .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 40 })), { maxLength: 12 })
    .map((runs) => Buffer.concat(runs.flatMap(([bytes, times]) => Array.from({ length: times }, () => bytes)))),
  fc.uint8Array({ maxLength: 3000, size: 'max' }),
)

const damage = fc.record({
  flips: fc.array(fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) }), { maxLength: 4 }),
  cut: fc.nat({ max: 10 }),
})

function plain(): Kernel {
  const found = kernels.find(({ kind }) => kind === 'plain')
  if (found === undefined) throw new Error('there is always a plain kernel')
  return found.kernel
}

function result(kernel: Kernel, task: BlockTask, size: number): Uint8Array | undefined {
  return size < 0 ? undefined : kernel.memory.slice(task.outputStart, task.outputStart + size)
}

function hex(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? 'gave up' : Buffer.from(bytes).toString('hex')
}
