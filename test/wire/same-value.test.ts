import { describe, expect, test } from 'vitest'
import { isSameValue } from '../../src/wire/same-value.ts'

describe('isSameValue', () => {
  test.each([
    [1, 1],
    [null, null],
    [NaN, NaN],
    [new Uint8Array([1, 2]), Buffer.from([1, 2])],
    [[{ a: 1n }], [{ a: 1n }]],
    [
      { a: [], b: 'x' },
      { b: 'x', a: [] },
    ],
  ])('%o is %o', (a, b) => {
    expect(isSameValue(a, b)).toBe(true)
  })

  test.each([
    [1, 1n],
    [0, -0],
    [null, {}],
    [[], {}],
    [[], new Uint8Array(0)],
    [[1], [1, 2]],
    [new Uint8Array([1]), new Uint8Array([2])],
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { a: 1, b: undefined }],
  ])('%o is not %o', (a, b) => {
    expect(isSameValue(a, b)).toBe(false)
  })
})
