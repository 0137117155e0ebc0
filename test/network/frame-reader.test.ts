import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MalformedMessageError } from '../../src/base/errors.ts'
import { FrameReader } from '../../src/network/frame-reader.ts'
import { LentBuffers } from '../../src/network/lent-buffers.ts'

describe('FrameReader', () => {
  test('puts large frames together in memory that is used again once it is given back', () => {
    const buffers = new LentBuffers()
    const frames = fc.array(fc.integer({ min: 0, max: 3_000_000 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(frames, fc.infiniteStream(fc.integer({ min: 1, max: 600_000 })), (sizes, cuts) => {
        const sent = sizes.map((size, i) => new Uint8Array(size).fill(i + 1))
        let count = 0
        const reader = new FrameReader(
          4_000_000,
          (frame) => {
            expect(Buffer.compare(frame, sent[count++] as Uint8Array)).toBe(0)
            buffers.give([frame])
          },
          buffers,
        )
        pushAll(reader, streamOf(sent), cuts)
        expect(count).toBe(sent.length)
      }),
      { numRuns: 30 },
    )
  })

  test('gives the frames that were sent, however the stream is cut', () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 300, size: 'max' }), { maxLength: 12 })
    fc.assert(
      fc.property(frames, fc.infiniteStream(fc.integer({ min: 1, max: 400 })), (sent, cuts) => {
        const got: Uint8Array[] = []
        const reader = new FrameReader(300, (frame) => got.push(frame))
        pushAll(reader, streamOf(sent), cuts)
        expect(got).toEqual(sent)
        expect(reader.pendingBytes).toBe(0)
      }),
    )
  })

  test('gives the same frames where the rest of each is put into its space', () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 300, size: 'max' }), { maxLength: 12 })
    fc.assert(
      fc.property(frames, fc.infiniteStream(fc.integer({ min: 1, max: 400 })), (sent, cuts) => {
        const got: Uint8Array[] = []
        const reader = new FrameReader(300, (frame) => got.push(frame))
        const stream = streamOf(sent)
        for (let at = 0; at < stream.length;) {
          const space = reader.space() ?? new Uint8Array(400)
          const read = stream.subarray(at, at + Math.min(space.length, cuts.next().value as number))
          space.set(read)
          reader.push(space.subarray(0, read.length))
          at += read.length
        }
        expect(got).toEqual(sent)
      }),
    )
  })

  test.each([
    ['a negative length', [0xff, 0xff, 0xff, 0xff]],
    ['a length over the limit', [0, 0, 0, 101]],
    ['a huge length', [0x7f, 0xff, 0xff, 0xff]],
  ])('refuses %s once it is there, also byte by byte', (_, prefix) => {
    const reader = new FrameReader(100, () => undefined)
    const push = (): void => {
      for (const byte of prefix) reader.push(Uint8Array.of(byte))
      reader.push(Uint8Array.of(0))
    }
    expect(push).toThrow(MalformedMessageError)
  })

  test('sets no memory aside for bytes that are only announced', () => {
    const reader = new FrameReader(0x7fff_ffff, () => undefined)
    const before = process.memoryUsage().arrayBuffers
    reader.push(Uint8Array.of(0x70, 0, 0, 0, 1))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024)
  })
})

function pushAll(reader: FrameReader, stream: Uint8Array, cuts: Iterator<number>): void {
  for (let at = 0; at < stream.length;) {
    const end = at + (cuts.next().value as number)
    reader.push(stream.subarray(at, end))
    at = end
  }
}

function streamOf(frames: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(frames.reduce((sum, { length }) => sum + 4 + length, 0))
  let at = 0
  for (const frame of frames) {
    new DataView(bytes.buffer).setInt32(at, frame.length)
    bytes.set(frame, at + 4)
    at += 4 + frame.length
  }
  return bytes
}
