import fc from 'fast-check'

/** Any text that UTF-8 can say, often ASCII. Built by hand: `fc.string({ unit: 'binary' })` takes seconds to get ready. */
export function text(lengthMax: number): fc.Arbitrary<string> {
  const codePoint = fc.oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0x10_ffff }),
  )
  return fc
    .array(codePoint, { maxLength: lengthMax, size: 'max' })
    .map((codePoints) => String.fromCodePoint(...codePoints))
}
