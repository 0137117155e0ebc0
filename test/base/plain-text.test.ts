import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isDigits, isPlainText } from '../../src/base/plain-text.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 24 }),
  fc.string({ unit: fc.constantFrom(...'-./09:@AZ[_`az{٣é\n'.split('')), maxLength: 24 }),
)

test('plain text and digits are what the patterns say (2000 texts)', () => {
  fc.assert(
    fc.property(text, (some) => {
      expect(isPlainText(some)).toBe(/^[a-zA-Z0-9._-]*$/u.test(some))
      expect(isDigits(some)).toBe(/^[0-9]+$/u.test(some))
    }),
    { numRuns: 2000 },
  )
})
