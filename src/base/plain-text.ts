// Loops, not patterns: every start looks at names, and to compile a pattern takes longer than to look at one. And loops without calls, since
// what is called some thirty times makes the engine start its compiler.

/** Whether `text` has nothing but ASCII letters and digits, `.`, `_` and `-`: what names of topics and the texts of ids are made of. */
export function isPlainText(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const isDashDotOrDigit = code >= 0x2d && code <= 0x39 && code !== 0x2f
    const isLetter = (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)
    if (!isLetter && !isDashDotOrDigit && code !== 0x5f) return false
  }
  return true
}

/** Whether `text` is one decimal digit or more. */
export function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x30 || code > 0x39) return false
  }
  return text !== ''
}
