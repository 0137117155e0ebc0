import { describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import { ByteWriter } from '../../src/wire/byte-writer.ts'

const many = new Uint8Array(2000).fill(7)
const few = new Uint8Array(10).fill(5)

function pieceLengths(write: (to: ByteWriter) => void): number[] {
  const to = new ByteWriter(16)
  write(to)
  return to.pieces().map((piece) => piece.length)
}

describe('spliced bytes', () => {
  test('stand between what is written before and after, without a copy', () => {
    const to = new ByteWriter(16)
    to.int32(1)
    to.splice(many)
    to.int16(2)
    expect(to.length).toBe(2006)
    expect(to.pieces()[1]).toBe(many)
    expect(Buffer.concat(to.pieces()).equals(to.finish())).toBe(true)
  })

  test('are copied when they are few', () => {
    expect(
      pieceLengths((to) => {
        to.splice(few)
        to.splice(few)
      }),
    ).toEqual([20])
  })

  test('may follow each other, and begin and end the message', () => {
    expect(
      pieceLengths((to) => {
        to.splice(many)
        to.splice(many)
      }),
    ).toEqual([2000, 2000])
  })

  test('let a length before them be set at the end', () => {
    const to = new ByteWriter(16)
    to.int32(0)
    to.splice(many)
    to.setInt32(0, to.length)
    expect(new DataView(to.finish().buffer).getInt32(0)).toBe(2004)
    expect(() => to.setInt32(4, 1)).toThrow(AssertionError)
  })
})

test('a writer without a byte has no pieces', () => {
  expect(new ByteWriter().pieces()).toEqual([])
})
