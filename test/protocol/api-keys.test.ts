import { describe, expect, test } from 'vitest'
import { advertisedVersions, apiRowOf, apiTable } from '../../src/protocol/api-keys.ts'

const everything = new Set(Object.values(apiTable).map(({ key }) => key))

describe('what ApiVersions names', () => {
  const advertised = advertisedVersions(everything)
  const rangeOf = (key: number): string | undefined => {
    const found = advertised.find(({ apiKey }) => apiKey === key)
    return found && `${found.minVersion}-${found.maxVersion}`
  }

  test('is the table of the reference, key by key', () => {
    const lines = advertised.map(({ apiKey, minVersion, maxVersion }) => `${apiKey}:${minVersion}-${maxVersion}`)
    expect(lines.join(' ')).toBe(
      '0:0-11 1:4-16 2:0-9 3:0-12 8:0-9 9:0-9 10:0-5 11:0-9 12:0-4 13:0-5 14:0-5 15:0-5 16:0-5 17:0-1 18:0-4 19:0-7 ' +
        '20:0-6 21:0-2 22:0-4 23:0-4 29:0-3 30:0-3 31:0-3 32:0-4 33:0-2 35:0-4 36:0-2 37:0-3 42:0-2 44:0-1 47:0-0 ' +
        '48:0-1 49:0-1 50:0-0 51:0-0 60:0-1',
    )
  })

  test('lets librdkafka compress: Produce from 0, though 0 to 2 are not spoken (KAFKA-18659)', () => {
    expect(rangeOf(0)).toBe('0-11')
    expect(apiTable.Produce.versions.first).toBe(3)
  })

  test('has no transactions yet, and no telemetry', () => {
    expect([24, 25, 26, 28, 61, 71, 72].map(rangeOf).filter((range) => range !== undefined)).toEqual([])
  })

  test('is only what the broker answers', () => {
    expect(advertisedVersions(new Set([18, 24, 99]))).toEqual([{ apiKey: 18, minVersion: 0, maxVersion: 4 }])
  })
})

test('a row is found by its key', () => {
  expect(apiRowOf(1)).toBe(apiTable.Fetch)
  expect(apiRowOf(4)).toBeUndefined()
})
