import { describe, expect, test } from 'vitest'
import { xxhash32 } from '../../../src/record/compression/xxhash32.ts'

describe('xxhash32', () => {
  test.each([
    { text: '', hash: 0x02cc_5d05 },
    { text: 'a', hash: 0x550d_7456 },
    { text: 'abc', hash: 0x32d1_53ff },
    { text: 'Nobody inspects the spammish repetition', hash: 0xe229_3b2f },
  ])('of "$text" is the published one', ({ text, hash }) => {
    expect(xxhash32(Buffer.from(text))).toBe(hash)
  })
})
