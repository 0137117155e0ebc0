import fc from 'fast-check'

const codePoint = fc.oneof(
  fc.integer({ min: 0, max: 0x2fff }),
  fc.integer({ min: 0, max: 0x10_ffff }).filter((code) => code < 0xd800 || code > 0xdfff),
)

/** Text of any characters, half of them from where the control and bidirectional ones are. */
export function anyText(maxLength: number): fc.Arbitrary<string> {
  return fc.string({ maxLength, unit: codePoint.map((code) => String.fromCodePoint(code)) })
}

/** Text of these characters only: what a parser nearly takes. */
export function textOf(characters: string, maxLength = 30): fc.Arbitrary<string> {
  return fc.string({ maxLength, unit: fc.constantFrom(...Array.from(characters)) })
}
