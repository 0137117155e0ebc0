import { expect, test } from 'vitest'
import { plainBatchWindow } from '../../src/record/batch-window.ts'
import { checkWindows } from '../../src/storage/check-windows.ts'

const mebibyte = 1024 * 1024

test('a fast window is made for the first segment that has much, and for all after it', () => {
  const made: unknown[] = []
  const windows = checkWindows(() => {
    const window = plainBatchWindow(mebibyte)
    made.push(window)
    return window
  })
  expect(windows(0).bytes.length).toBe(4096)
  expect(windows(100_000).bytes.length).toBe(100_000)
  expect(made).toEqual([])
  const fast = windows(mebibyte)
  expect(windows(10)).toBe(fast)
  expect(windows(2 * mebibyte)).toBe(fast)
  expect(made).toEqual([fast])
})

test('without fast windows one is as large as it takes, and no larger than 256 KiB', () => {
  const windows = checkWindows(undefined)
  expect(windows(mebibyte).bytes.length).toBe(256 * 1024)
})
