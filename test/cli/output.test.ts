import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OutputStream, ReaderGoneError } from '../../src/cli/output.ts'
import { OutputError } from '../../src/cli/standard-streams.ts'
import type { OutputCalls } from '../../src/cli/output.ts'

/** A pipe that takes what its plan says: a number of bytes, a signal while it waits, or a failure. */
class PlannedPipe implements OutputCalls {
  readonly plan: (number | 'signal' | { code: string })[]
  readonly sizes: number[] = []
  readonly #taken: Buffer[] = []
  #signalled = false

  constructor(plan: PlannedPipe['plan'] = []) {
    this.plan = [...plan]
  }

  canBlock = (): boolean => true
  isHungUp = (): boolean => false
  enlargePipe = (): boolean => true

  wait = (): 'ready' | 'interrupted' => {
    if (this.plan[0] !== 'signal' || this.#signalled) return 'ready'
    this.plan.shift()
    return 'interrupted'
  }

  write = (_fd: number, source: Uint8Array, start: number, length: number): number => {
    const next = this.plan.shift()
    if (typeof next === 'object') throw Object.assign(new Error(next.code), { code: next.code })
    const taken = Math.min(length, typeof next === 'number' ? next : length)
    this.#taken.push(Buffer.from(source.subarray(start, start + taken)))
    this.sizes.push(taken)
    return taken
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#taken)
  }
}

describe('OutputStream', () => {
  test('keeps small writes together until it is flushed', () => {
    const pipe = new PlannedPipe()
    const output = new OutputStream(1, pipe)
    output.write(Buffer.from('one\n'))
    output.writeText('zwölf\n')
    expect(pipe.sizes).toEqual([])
    expect(output.flush()).toBe(true)
    expect(pipe.bytes.toString()).toBe('one\nzwölf\n')
    expect(output.bytesSent).toBe(11)
  })

  test('sends in larger pieces when the pipe could be made larger', () => {
    const pipe = new PlannedPipe()
    const output = new OutputStream(1, pipe)
    output.enlargePipe(1 << 20)
    output.write(Buffer.alloc(600_000))
    output.flush()
    expect(pipe.sizes).toEqual([524_288, 75_712])
  })

  test('sends in pieces of at most 64 KiB', () => {
    const pipe = new PlannedPipe()
    const output = new OutputStream(1, pipe)
    output.write(Buffer.alloc(10))
    output.write(Buffer.alloc(200_000))
    output.flush()
    expect(Math.max(...pipe.sizes)).toBe(65_536)
    expect(pipe.bytes.length).toBe(200_010)
  })

  test('stops at a signal and goes on where it stopped', () => {
    const pipe = new PlannedPipe(['signal', 3])
    const output = new OutputStream(1, pipe)
    output.writeText('abcdef')
    expect(output.flush()).toBe(false)
    expect(output.isInterrupted).toBe(true)
    output.writeText('ghi')
    expect(output.flush()).toBe(false)
    expect(pipe.bytes.toString()).toBe('abc')
    expect(output.bytesWaiting).toBe(6)
    expect(output.flush()).toBe(true)
    expect(pipe.bytes.toString()).toBe('abcdefghi')
    expect(output.isInterrupted).toBe(false)
  })

  test('passes every byte on in order, however short the writes are', () => {
    const piece = fc.oneof(fc.uint8Array({ maxLength: 100, size: 'max' }), fc.integer({ min: 0, max: 150_000 }))
    const step = fc.oneof(
      fc.integer({ min: 0, max: 70_000 }),
      fc.constant('signal' as const),
      fc.constant({ code: 'EINTR' }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.array(step, { maxLength: 20 }), (pieces, plan) => {
        const pipe = new PlannedPipe(plan)
        const output = new OutputStream(1, pipe)
        const sources = pieces.map((p, index) => (typeof p === 'number' ? Buffer.alloc(p, index) : p))
        for (const source of sources) {
          output.write(source)
          if (output.isInterrupted && source.length % 2 === 0) output.flush()
        }
        while (!output.flush());
        expect(pipe.bytes.equals(Buffer.concat(sources))).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('waits for a descriptor that does not block', () => {
    const pipe = new PlannedPipe([{ code: 'EAGAIN' }])
    const output = new OutputStream(1, pipe)
    output.writeText('a')
    expect(output.flush()).toBe(false)
    expect(output.flush()).toBe(true)
    expect(pipe.bytes.toString()).toBe('a')
  })

  test.each(['EPIPE', 'ECONNRESET'])('says that the reader has gone on %s', (code) => {
    const output = new OutputStream(1, new PlannedPipe([{ code }]))
    output.writeText('a')
    expect(() => output.flush()).toThrow(ReaderGoneError)
  })

  test('names standard output when the device is full', () => {
    const output = new OutputStream(1, new PlannedPipe([{ code: 'ENOSPC' }]))
    output.writeText('a')
    const message = 'cannot write to standard output: no space left on the device (ENOSPC)'
    expect(() => output.flush()).toThrow(new OutputError(message))
  })
})
