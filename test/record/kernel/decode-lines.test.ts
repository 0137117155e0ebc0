import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DecodeStop, Kernel, LineDecoding } from '../../../src/record/kernel/kernel.ts'
import { kernelsOfAllKinds } from './kernels.ts'
import { type NaiveRecord, naiveRecord } from './naive-lines.ts'

const memoryBytes = 1 << 18
const recordsAt = 1024
const outputAt = 128 * 1024
const kernels = kernelsOfAllKinds(memoryBytes)

describe.each(kernels)('decodeLines of the $kind kernel', ({ kernel }) => {
  test('writes each value and the delimiter, in as many pieces as the output needs', () => {
    fc.assert(
      fc.property(recordsCase, fc.integer({ min: 8, max: 300 }), ({ records, delimiter, hasNullMarker }, room) => {
        const task = prepare(kernel, encode(records), { delimiter, hasNullMarker, outputEnd: outputAt + room })
        const { lines, stop } = drain(kernel, task)
        expect(stop).toBe('done')
        expect(lines).toEqual(Buffer.concat(records.map(({ value }) => naiveLine(value, delimiter, hasNullMarker))))
        expect(task).toMatchObject({ recordsSeen: records.length, recordsWritten: records.length, position: task.end })
      }),
      { numRuns: 300 },
    )
  })

  test('passes over records before the first wanted and stops after the last', () => {
    fc.assert(
      fc.property(
        recordsCase,
        fc.record({ firstOffsetDelta: fc.integer({ min: -2, max: 12 }), recordsMax: fc.nat({ max: 12 }) }),
        ({ records }, wanted) => {
          const { lines } = drain(kernel, prepare(kernel, encode(records), wanted))
          const expected = records
            .filter(({ offsetDelta }) => offsetDelta >= wanted.firstOffsetDelta)
            .slice(0, wanted.recordsMax)
          expect(lines).toEqual(Buffer.concat(expected.map(({ value }) => naiveLine(value, 10, false))))
        },
      ),
    )
  })

  test.each([60, 8188, 2 ** 20 - 4])('reads records from offset delta %i on, over the sizes of its varint', (first) => {
    const records = Array.from({ length: 12 }, (_, i) => ({ offsetDelta: first + i, value: Buffer.alloc(i * 9, 'x') }))
    const { lines, stop } = drain(kernel, prepare(kernel, encode(records), {}))
    expect(stop).toBe('done')
    expect(lines).toEqual(Buffer.concat(records.map(({ value }) => naiveLine(value, 10, false))))
  })

  test('writes an empty line for null, or NULL when asked', () => {
    const records = encode([{ offsetDelta: 0, value: null }])
    expect(drain(kernel, prepare(kernel, records, {})).lines.toString()).toBe('\n')
    expect(drain(kernel, prepare(kernel, records, { hasNullMarker: true })).lines.toString()).toBe('NULL\n')
  })

  test('hands a value that fits into no output to the caller, after what lies before it', () => {
    const records = [Buffer.from('ab'), Buffer.alloc(64, 'x'), Buffer.from('cd')].map((value, offsetDelta) => ({
      offsetDelta,
      value,
    }))
    const task = prepare(kernel, encode(records), { outputEnd: outputAt + 64 })
    expect(kernel.decodeLines(task)).toBe('full')
    task.outputPosition = outputAt
    expect(kernel.decodeLines(task)).toBe('large')
    expect(Buffer.from(kernel.memory.subarray(task.largeStart, task.largeEnd))).toEqual(Buffer.alloc(64, 'x'))
    expect(task).toMatchObject({ recordsSeen: 2, recordsWritten: 2, outputPosition: outputAt })
    expect(drain(kernel, task).lines.toString()).toBe('cd\n')
  })

  test.each([
    { name: 'an empty record', bytes: [0] },
    { name: 'a negative length', bytes: [1] },
    { name: 'a length past the end', bytes: [16, 0, 0, 0, 1, 2, 120, 0] },
    { name: 'a cut length', bytes: [0x80] },
    { name: 'a length of six bytes', bytes: [0x80, 0x80, 0x80, 0x80, 0x80, 1] },
    { name: 'a key length of -2', bytes: [12, 0, 0, 0, 3, 1, 0] },
    { name: 'a key past the end', bytes: [12, 0, 0, 0, 40, 1, 0] },
    { name: 'a key that is most of the memory', bytes: [20, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0x0f, 1, 0] },
    { name: 'a value length of -2', bytes: [12, 0, 0, 0, 1, 3, 0] },
    { name: 'a value past the end', bytes: [12, 0, 0, 0, 1, 4, 0] },
    { name: 'no header count', bytes: [10, 0, 0, 0, 1, 0] },
    { name: 'a negative header count', bytes: [12, 0, 0, 0, 1, 0, 1] },
    { name: 'a header that is not there', bytes: [12, 0, 0, 0, 1, 0, 2] },
    { name: 'a header key of null', bytes: [16, 0, 0, 0, 1, 0, 2, 1, 1] },
    { name: 'a byte after the headers', bytes: [14, 0, 0, 0, 1, 0, 0, 0] },
    {
      name: 'a timestamp of more than 64 bits',
      bytes: [30, 0, ...Array.from({ length: 9 }, () => 0x80), 2, 0, 1, 0, 0],
    },
    { name: 'a timestamp of eleven bytes', bytes: [32, 0, ...Array.from({ length: 10 }, () => 0x80), 1, 0, 1, 0, 0] },
  ])('refuses $name', ({ bytes }) => {
    const good = encode([{ offsetDelta: 0, value: Buffer.from('good') }])
    const task = prepare(kernel, Buffer.concat([good, Uint8Array.from(bytes)]), {})
    expect(kernel.decodeLines(task)).toBe('malformed')
    expect(task).toMatchObject({ position: recordsAt + good.length, recordsSeen: 1 })
  })

  test.each([
    { name: 'of one byte each', lines: ['a', 'bc', 'd'] },
    { name: 'of two bytes', lines: ['a'.repeat(80), 'b'.repeat(70), 'c'.repeat(90)] },
    { name: 'and a long timestamp', lines: ['a', 'b', 'c'], timestampDelta: 2 ** 52 },
  ])('agrees with the plain kernel on any byte around a value, with lengths $name', ({ lines, timestampDelta = 1 }) => {
    const [before = Buffer.of(), damaged = Buffer.of(), after = Buffer.of()] = lines.map((text, offsetDelta) =>
      naiveRecord({ offsetDelta, timestampDelta, value: Buffer.from(text) }),
    )
    const headBytes = damaged.length - (lines[1] ?? '').length - 1
    for (const at of [...Array(headBytes).keys(), damaged.length - 1]) {
      for (let byte = 0; byte < 256; byte++) {
        const bytes = Buffer.concat([before, damaged, after])
        bytes[before.length + at] = byte
        expect(outcome(kernel, bytes, 200)).toEqual(outcome(plain(), bytes, 200))
      }
    }
  })

  test('refuses numbers out of range also behind a record that has the same shape', () => {
    const ofTimestamp = (last: number): number[] => [30, 0, ...Array<number>(9).fill(0x80), last, 0, 1, 0, 0]
    const ofOffset = (last: number): number[] => [20, 0, 0, ...Array<number>(4).fill(0x80), last, 1, 0, 0]
    for (const record of [ofTimestamp, ofOffset]) {
      const bytes = Uint8Array.from([...record(1), ...record(1), ...record(0x7f)])
      const task = prepare(kernel, bytes, {})
      expect(kernel.decodeLines(task)).toBe('malformed')
      expect(task).toMatchObject({ recordsSeen: 2, recordsWritten: 2 })
    }
  })

  test('agrees with the plain kernel on damaged records', () => {
    fc.assert(
      fc.property(damagedCase, ({ bytes, room }) => {
        expect(outcome(kernel, bytes, room)).toEqual(outcome(plain(), bytes, room))
      }),
      { numRuns: 1000 },
    )
  })
})

const record = fc.record({
  timestampDelta: fc.oneof(fc.integer({ min: -70, max: 70 }), fc.maxSafeInteger()),
  key: fc.option(fc.uint8Array({ maxLength: 70 }), { nil: null }),
  value: fc.option(fc.uint8Array({ maxLength: 200, size: 'max' }), { nil: null }),
  headers: fc.array(
    fc.record({ key: fc.string({ maxLength: 5 }), value: fc.option(fc.uint8Array({ maxLength: 5 }), { nil: null }) }),
    {
      maxLength: 2,
    },
  ),
})

/** Records as lines become them: their heads have one shape, or a few. */
const line = fc.record({
  timestampDelta: fc.constantFrom(0, 1, 64, 2 ** 53 - 1),
  key: fc.constant(null),
  value: fc.oneof(fc.constant(null), fc.uint8Array({ minLength: 50, maxLength: 70 }), fc.uint8Array({ maxLength: 3 })),
  headers: fc.constant([]),
})

const recordsCase = fc.record({
  records: fc
    .oneof(fc.array(record, { maxLength: 12 }), fc.array(line, { maxLength: 12 }), fc.array(fc.oneof(record, line)))
    .map((all) => all.map((one, offsetDelta) => ({ ...one, offsetDelta }))),
  delimiter: fc.constantFrom(10, 0, 255),
  hasNullMarker: fc.boolean(),
})

const damagedCase = fc
  .record({
    records: recordsCase,
    damages: fc.array(fc.record({ at: fc.nat(), byte: fc.constantFrom(0, 1, 2, 3, 0x7f, 0x80, 0xff) }), {
      maxLength: 3,
    }),
    cut: fc.nat({ max: 20 }),
    room: fc.integer({ min: 8, max: 300 }),
  })
  .map(({ records, damages, cut, room }) => {
    const whole = encode(records.records)
    const bytes = Uint8Array.from(whole.subarray(0, Math.max(0, whole.length - cut)))
    for (const { at, byte } of damages) if (bytes.length > 0) bytes[at % bytes.length] = byte
    return { bytes, room }
  })

function plain(): Kernel {
  const found = kernels.find(({ kind }) => kind === 'plain')
  if (found === undefined) throw new Error('there is always a plain kernel')
  return found.kernel
}

function encode(records: readonly NaiveRecord[]): Buffer {
  return Buffer.concat(records.map(naiveRecord))
}

function naiveLine(value: Uint8Array | null, delimiter: number, hasNullMarker: boolean): Buffer {
  const text = value ?? Buffer.from(hasNullMarker ? 'NULL' : '')
  return Buffer.concat([text, Buffer.of(delimiter)])
}

function prepare(kernel: Kernel, records: Uint8Array, given: Partial<LineDecoding>): LineDecoding {
  kernel.memory.set(records, recordsAt)
  return {
    position: recordsAt,
    end: recordsAt + records.length,
    outputStart: outputAt,
    outputPosition: outputAt,
    outputEnd: outputAt + 60_000,
    delimiter: 10,
    firstOffsetDelta: 0,
    recordsMax: Number.MAX_SAFE_INTEGER,
    hasNullMarker: false,
    recordsSeen: 0,
    recordsWritten: 0,
    largeStart: 0,
    largeEnd: 0,
    ...given,
  }
}

/** Decodes to the end, emptying the output whenever it is full. */
function drain(kernel: Kernel, task: LineDecoding): { lines: Buffer; stop: DecodeStop } {
  const pieces: Uint8Array[] = []
  for (;;) {
    const stop = kernel.decodeLines(task)
    pieces.push(kernel.memory.slice(outputAt, task.outputPosition))
    task.outputPosition = outputAt
    if (stop === 'large')
      pieces.push(kernel.memory.slice(task.largeStart, task.largeEnd), Uint8Array.of(task.delimiter))
    if (stop === 'done' || stop === 'malformed') return { lines: Buffer.concat(pieces), stop }
  }
}

function outcome(kernel: Kernel, bytes: Uint8Array, room: number): object {
  kernel.memory.fill(0x80, recordsAt + bytes.length, recordsAt + bytes.length + 64)
  const task = prepare(kernel, bytes, { outputEnd: outputAt + room })
  const { lines, stop } = drain(kernel, task)
  const { position, recordsSeen, recordsWritten } = task
  return { lines: lines.toString('hex'), stop, position, recordsSeen, recordsWritten }
}
