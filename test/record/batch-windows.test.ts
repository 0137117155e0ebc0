import { describe, expect, test } from 'vitest'
import { BatchWindows } from '../../src/record/batch-windows.ts'
import { crc32c } from '../../src/wire/crc32c.ts'

const bytes = Uint8Array.from({ length: 3000 }, (_, at) => (at * 31) % 251)

describe('BatchWindows', () => {
  test('gives a window again once any part of it was given back, and no window twice', () => {
    const windows = new BatchWindows(1000)
    const taken = Array.from({ length: 12 }, () => windows.take().bytes)
    expect(new Set(taken.map(({ buffer, byteOffset }) => `${byteOffset} ${buffer.byteLength}`)).size).toBeGreaterThan(8)
    taken.forEach((window, at) => window.fill(at))
    expect(taken.every((window, at) => window.every((byte) => byte === at))).toBe(true)
    windows.giveBack(taken[3]?.subarray(990) ?? bytes)
    expect(windows.take().bytes.byteOffset).toBe(taken[3]?.byteOffset)
  })

  test('leaves alone what is given back and lay elsewhere', () => {
    const windows = new BatchWindows(1000)
    const { bytes: window } = windows.take()
    windows.giveBack(bytes)
    expect(windows.take().bytes.byteOffset).not.toBe(window.byteOffset)
  })

  test('checksums bytes wherever they lie, and spoils no window by that', () => {
    const windows = new BatchWindows(1000)
    const taken = Array.from({ length: 10 }, () => windows.take())
    for (const window of taken) {
      window.bytes.set(bytes.subarray(0, 1000))
      expect(windows.crc32c(bytes, 7, 2900)).toBe(crc32c(bytes.subarray(7, 2900)))
      expect(windows.crc32c(window.bytes, 5, 900)).toBe(crc32c(bytes.subarray(5, 900)))
      expect(window.crc32c(5, 900)).toBe(crc32c(bytes.subarray(5, 900)))
    }
  })
})
