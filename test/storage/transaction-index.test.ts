import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import { offset, producerId } from '../../src/base/brands.ts'
import { CorruptSegmentError } from '../../src/base/errors.ts'
import { type AbortedTransaction, TransactionIndex } from '../../src/storage/transaction-index.ts'
import { hex, Scratch } from './scratch.ts'

const golden = '0000 00000000000007d0 000000000000000f 0000000000000010 0000000000000011'

function aborted(first: number, last: number, lastStable: number): AbortedTransaction {
  return {
    producerId: producerId(2000),
    firstOffset: offset(first),
    lastOffset: offset(last),
    lastStableOffset: offset(lastStable),
  }
}

describe('TransactionIndex', () => {
  test('writes the bytes that Kafka writes, and reads them', () => {
    const scratch = new Scratch()
    const index = new TransactionIndex(scratch.file('x'))
    index.append(aborted(15, 16, 17))
    expect(scratch.hex('x')).toBe(golden.replaceAll(' ', ''))
    const { transactions } = new TransactionIndex(scratch.file('x')).collectAborted(offset(0n), offset(100n))
    expect(transactions).toEqual([aborted(15, 16, 17)])
  })

  test('makes its file with the first entry', () => {
    const scratch = new Scratch()
    const index = new TransactionIndex(() => scratch.file('x'))
    expect(index.collectAborted(offset(0n), offset(100n))).toEqual({ transactions: [], isComplete: false })
    index.truncateTo(offset(0n))
    expect(scratch.names()).toEqual([])
    index.append(aborted(1, 2, 3))
    expect(scratch.names()).toEqual(['x'])
    expect(index.entryCount).toBe(1)
  })

  test('collects what overlaps the read, up to the entry that settles it', () => {
    const index = new TransactionIndex(new Scratch().file('x'))
    const all = [aborted(0, 10, 11), aborted(5, 15, 16), aborted(18, 35, 25), aborted(32, 50, 40)]
    for (const one of all) index.append(one)
    expect(index.collectAborted(offset(0n), offset(100n))).toEqual({ transactions: all, isComplete: false })
    expect(index.collectAborted(offset(0n), offset(32n))).toEqual({ transactions: all.slice(0, 3), isComplete: true })
    expect(index.collectAborted(offset(0n), offset(35n))).toEqual({ transactions: all, isComplete: true })
    expect(index.collectAborted(offset(0n), offset(40n))).toEqual({ transactions: all, isComplete: true })
    expect(index.collectAborted(offset(10n), offset(35n))).toEqual({ transactions: all, isComplete: true })
    expect(index.collectAborted(offset(11n), offset(35n))).toEqual({ transactions: all.slice(1), isComplete: true })
    expect(index.collectAborted(offset(20n), offset(41n))).toEqual({ transactions: all.slice(2), isComplete: false })
  })

  test('reads more entries than fit into a page', () => {
    const index = new TransactionIndex(new Scratch().file('x'))
    for (let at = 0; at < 500; at++) index.append(aborted(at * 10, at * 10 + 5, at * 10 + 6))
    expect(index.collectAborted(offset(0n), offset(1_000_000n)).transactions).toHaveLength(500)
    expect(index.collectAborted(offset(2500n), offset(2506n)).transactions).toEqual([aborted(2500, 2505, 2506)])
    index.truncateTo(offset(2505n))
    expect(index.entryCount).toBe(250)
    index.append(aborted(2500, 2505, 2506))
    expect(index.findDamage(offset(0n))).toBeUndefined()
  })

  test('refuses an entry that does not come after the last, also one that another process wrote', () => {
    const scratch = new Scratch()
    new TransactionIndex(scratch.file('x')).append(aborted(15, 16, 17))
    expect(() => new TransactionIndex(scratch.file('x')).append(aborted(14, 16, 17))).toThrow(AssertionError)
  })

  test.each([
    ['an unknown version', golden.replace('0000', '0001'), /version 1/],
    ['a marker before the segment', golden.replace('10 ', '01 '), /marker at 1 after/],
    ['a marker twice', golden + golden, /marker at 16 after 16/],
    ['a torn entry', `${golden} 0000`, /2 bytes follow/],
  ])('sees %s', (_, bytes, damage) => {
    expect(new TransactionIndex(new Scratch().file('x', hex(bytes))).findDamage(offset(10n))).toMatch(damage)
  })

  test('fails on garbage only as damage', () => {
    const scratch = new Scratch()
    fc.assert(
      fc.property(fc.uint8Array({ size: 'max', maxLength: 600 }), (bytes) => {
        const index = new TransactionIndex(scratch.file('x', bytes))
        try {
          index.collectAborted(offset(0n), offset(100n))
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptSegmentError)
        }
        index.findDamage(offset(0n))
        index.file?.close()
      }),
    )
  })
})
