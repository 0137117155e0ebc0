import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sendPieces } from '../../src/network/answer-pieces.ts'
import type { ByteStream } from '../../src/network/byte-stream.ts'
import { LentBuffers } from '../../src/network/lent-buffers.ts'
import type { UnreadBytes } from '../../src/network/unread-bytes.ts'

/** What comes out at the other end, in order, whichever way it went. */
class Wire implements ByteStream {
  readonly peer = 'client'
  readonly chunks: Uint8Array[] = []
  queuedBytes = 0
  /** Whether the socket may be used by others. */
  isBare = true
  /** The system takes no more: what is sent is queued. */
  isFull = false
  start = (): void => undefined
  pause = (): void => undefined
  resume = (): void => undefined
  close = (): void => undefined
  drained = (): Promise<void> => Promise.resolve()

  get openSocket(): number | undefined {
    return this.isBare && this.queuedBytes === 0 ? 7 : undefined
  }

  send(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      expect(piece.length).toBeGreaterThan(0)
      this.chunks.push(piece.slice())
      if (this.isFull) this.queuedBytes += piece.length
    }
  }
}

/** Bytes in a file, of which a socket takes so many. */
function unread(wire: Wire, bytes: Uint8Array, target: Uint8Array, taken: number): UnreadBytes {
  return {
    fill: () => target.set(bytes),
    sendTo: (socket, head) => {
      expect(socket).toBe(7)
      const all = Buffer.concat([head, bytes]).subarray(0, taken)
      if (all.length > 0) wire.send([all])
      target.set(bytes)
      wire.isFull = all.length < head.length + bytes.length
      return all.length
    },
  }
}

describe('sendPieces', () => {
  test('sends all pieces in their order, however much the socket takes of those in files', () => {
    const piece = fc.record({
      bytes: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 70_000, max: 200_000 })),
      isInFile: fc.boolean(),
      taken: fc.integer({ min: 0, max: 250_000 }),
    })
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 7 }), fc.boolean(), (pieces, isBare) => {
        const wire = new Wire()
        wire.isBare = isBare
        const buffers = new LentBuffers()
        const expected = pieces.map(({ bytes }, i) => new Uint8Array(bytes).fill(i + 1))
        const given = pieces.map(({ bytes, isInFile, taken }, i) => {
          if (!isInFile || bytes < 65_536) return expected[i] as Uint8Array
          const target = buffers.take(bytes).fill(0)
          buffers.leaveUnread(target, unread(wire, expected[i] as Uint8Array, target, taken))
          return target
        })
        sendPieces(wire, given, buffers)
        expect(Buffer.compare(Buffer.concat(wire.chunks), Buffer.concat(expected))).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  test('once something is queued, nothing passes it', () => {
    const wire = new Wire()
    wire.queuedBytes = 1
    const buffers = new LentBuffers()
    const target = buffers.take(70_000)
    const sendTo = (): number => {
      throw new Error('passed what is queued')
    }
    buffers.leaveUnread(target, { fill: () => target.fill(5), sendTo })
    sendPieces(wire, [Uint8Array.of(1, 2), target], buffers)
    expect(Buffer.concat(wire.chunks).subarray(0, 3)).toEqual(Buffer.of(1, 2, 5))
  })
})
