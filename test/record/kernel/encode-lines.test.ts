import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EncodeStop, Kernel, LineEncoding } from '../../../src/record/kernel/kernel.ts'
import { dullAlphabet, kernelsOfAllKinds } from './kernels.ts'
import { naiveHeaders, naiveKey, naiveLines, naiveRecord } from './naive-lines.ts'

const memoryBytes = 1 << 20
const keyAt = 0
const headersAt = 4096
const inputAt = 8192
const outputAt = 512 * 1024

describe.each(kernelsOfAllKinds(memoryBytes))('encodeLines of the $kind kernel', ({ kernel }) => {
  test('writes the records that the format asks for, wherever the input is cut', () => {
    fc.assert(
      fc.property(linesCase, ({ input, cuts, delimiter, timestampDelta, key, headers }) => {
        const task = prepare(kernel, { delimiter, timestampDelta, key: naiveKey(key), headers: naiveHeaders(headers) })
        feed(kernel, task, input, cuts)
        const expected = naiveLines(input, delimiter, true).map((value, offsetDelta) =>
          naiveRecord({ offsetDelta, timestampDelta, key, value, headers }),
        )
        expect(written(kernel, task)).toEqual(Buffer.concat(expected))
        expect(task.offsetDelta).toBe(expected.length)
        expect(task.inputPosition).toBe(inputAt + input.length)
      }),
      { numRuns: 300 },
    )
  })

  test('stops before a record that does not fit, and leaves what lies past the slack alone', () => {
    fc.assert(
      fc.property(linesCase, fc.nat({ max: 600 }), ({ input, delimiter }, room) => {
        kernel.memory.fill(0xee, outputAt, outputAt + 1024)
        const task = prepare(kernel, { delimiter, outputEnd: outputAt + room })
        const stop = feed(kernel, task, input, [])
        const records = naiveLines(input, delimiter, true).map((value, offsetDelta) =>
          naiveRecord({ offsetDelta, value }),
        )
        const fitting = records.slice(0, task.offsetDelta)
        expect(written(kernel, task)).toEqual(Buffer.concat(fitting))
        expect(task.outputPosition).toBeLessThanOrEqual(outputAt + room)
        const next = records[task.offsetDelta]
        expect(stop).toBe(next === undefined ? 'need-input' : 'full')
        if (next !== undefined) expect(task.outputPosition + next.length).toBeGreaterThan(outputAt + room)
        const untouched = kernel.memory.subarray(outputAt + room + 64, outputAt + 1024)
        expect(untouched.every((byte) => byte === 0xee)).toBe(true)
      }),
    )
  })

  test('goes on after a full batch with the line that did not fit', () => {
    const task = prepare(kernel, { outputEnd: outputAt + 20 })
    expect(feed(kernel, task, Buffer.from('first\nsecond\nthird\n'), [])).toBe('full')
    expect(task).toMatchObject({ offsetDelta: 1, inputPosition: inputAt + 6 })
    const next = { ...task, outputPosition: outputAt, offsetDelta: 0, outputEnd: outputAt + 100 }
    expect(kernel.encodeLines(next)).toBe('need-input')
    const expected = ['second', 'third'].map((value, offsetDelta) =>
      naiveRecord({ offsetDelta, value: Buffer.from(value) }),
    )
    expect(written(kernel, next)).toEqual(Buffer.concat(expected))
  })

  test('stops at a value that is too large, and says how long it is', () => {
    const task = prepare(kernel, { valueBytesMax: 5 })
    expect(feed(kernel, task, Buffer.from('12345\n123456\n1\n'), [])).toBe('too-large')
    expect(task).toMatchObject({ offsetDelta: 1, inputPosition: inputAt + 6, tooLargeBytes: 6 })
  })

  test('takes no more records than asked', () => {
    const task = prepare(kernel, { recordsMax: 3 })
    expect(feed(kernel, task, Buffer.from('a\n'.repeat(9)), [])).toBe('full')
    expect(task).toMatchObject({ offsetDelta: 3, inputPosition: inputAt + 6 })
  })

  test('keeps an unfinished line until the input is final', () => {
    const task = prepare(kernel, {})
    kernel.memory.set(Buffer.from('no end'), inputAt)
    const open = { ...task, inputEnd: inputAt + 6 }
    expect(kernel.encodeLines(open)).toBe('need-input')
    expect(open).toMatchObject({ inputPosition: inputAt, inputSearched: inputAt + 6, offsetDelta: 0 })
    const closed = { ...open, isFinal: true }
    expect(kernel.encodeLines(closed)).toBe('need-input')
    expect(closed).toMatchObject({ inputPosition: inputAt + 6, offsetDelta: 1 })
  })

  test.each([63, 64, 8191, 8192, 70_000])('takes a line of %i bytes', (bytes) => {
    const value = Buffer.alloc(bytes, 'x')
    const task = prepare(kernel, { timestampDelta: 2 ** 45 })
    feed(kernel, task, Buffer.concat([value, Buffer.from('\nz\n')]), [bytes >> 1])
    const expected = [value, Buffer.from('z')].map((line, offsetDelta) =>
      naiveRecord({ offsetDelta, timestampDelta: 2 ** 45, value: line }),
    )
    expect(Buffer.compare(written(kernel, task), Buffer.concat(expected))).toBe(0)
  })

  test.each([0, 8190, 2 ** 20 - 3])('counts offsets on from %i over the sizes of their varints', (offsetDelta) => {
    const task = prepare(kernel, { offsetDelta })
    const lines = Array.from({ length: 150 }, (_, i) => 'x'.repeat((i * 7) % 80))
    feed(kernel, task, Buffer.from(lines.map((line) => `${line}\n`).join('')), [])
    const expected = lines.map((line, i) => naiveRecord({ offsetDelta: offsetDelta + i, value: Buffer.from(line) }))
    expect(written(kernel, task)).toEqual(Buffer.concat(expected))
    expect(task.offsetDelta).toBe(offsetDelta + lines.length)
  })

  test('takes lines of every length side by side', () => {
    const lines = Array.from({ length: 300 }, (_, i) => Buffer.alloc(i, i % 256 === 10 ? 0 : i))
    const task = prepare(kernel, { timestampDelta: 7 })
    feed(kernel, task, Buffer.concat(lines.flatMap((line) => [line, Buffer.of(10)])), [])
    const expected = lines.map((value, offsetDelta) => naiveRecord({ offsetDelta, timestampDelta: 7, value }))
    expect(written(kernel, task)).toEqual(Buffer.concat(expected))
  })
})

const bytes = fc.oneof(
  fc.array(fc.constantFrom(...dullAlphabet), { maxLength: 700 }).map((values) => Uint8Array.from(values)),
  fc.uint8Array({ maxLength: 5000, size: 'max' }),
)

const linesCase = fc.record({
  input: bytes,
  cuts: fc.array(fc.nat({ max: 700 }), { maxLength: 5 }),
  delimiter: fc.constantFrom(...dullAlphabet, 1, 200),
  timestampDelta: fc.oneof(fc.integer({ min: -100, max: 100 }), fc.maxSafeInteger()),
  key: fc.option(fc.uint8Array({ maxLength: 100 }), { nil: null }),
  headers: fc.array(
    fc.record({ key: fc.string({ maxLength: 9 }), value: fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null }) }),
    { maxLength: 3 },
  ),
})

type Prepared = Partial<LineEncoding> & { readonly key?: Uint8Array; readonly headers?: Uint8Array }

function prepare(kernel: Kernel, { key = Buffer.of(1), headers = Buffer.of(0), ...given }: Prepared): LineEncoding {
  kernel.memory.set(key, keyAt)
  kernel.memory.set(headers, headersAt)
  return {
    inputPosition: inputAt,
    inputSearched: inputAt,
    inputEnd: inputAt,
    isFinal: false,
    outputPosition: outputAt,
    outputEnd: memoryBytes,
    offsetDelta: 0,
    recordsMax: 2 ** 31 - 1,
    delimiter: 10,
    timestampDelta: 0,
    valueBytesMax: 1 << 20,
    keyStart: keyAt,
    keyEnd: keyAt + key.length,
    headersStart: headersAt,
    headersEnd: headersAt + headers.length,
    tooLargeBytes: 0,
    ...given,
  }
}

/** Gives the input piece by piece, as reads would; what is not there yet is a delimiter's worth of garbage. */
function feed(kernel: Kernel, task: LineEncoding, input: Uint8Array, cuts: readonly number[]): EncodeStop {
  kernel.memory.fill(task.delimiter, inputAt, inputAt + input.length + 64)
  const ends = [...cuts.filter((cut) => cut < input.length).toSorted((a, b) => a - b), input.length]
  let stop: EncodeStop = 'need-input'
  for (const [index, end] of ends.entries()) {
    kernel.memory.set(input.subarray(0, end), inputAt)
    Object.assign(task, { inputEnd: inputAt + end, isFinal: index === ends.length - 1 })
    stop = kernel.encodeLines(task)
    if (stop !== 'need-input') break
  }
  return stop
}

function written(kernel: Kernel, task: LineEncoding): Buffer {
  return Buffer.from(kernel.memory.subarray(outputAt, task.outputPosition))
}
