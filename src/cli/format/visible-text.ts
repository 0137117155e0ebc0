/**
 * Characters that move the cursor, start a command of the terminal or turn the reading direction round: C0, DEL, C1 and the
 * bidirectional controls, and the two line separators that are not a newline.
 */
// oxlint-disable-next-line no-control-regex -- control characters are the point
const invisible = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** The same text with every such character as `\xHH` or `\uHHHH` (`\n`, `\r` and `\t` by their letters), on one line. */
export function visibleText(text: string): string {
  return text.replace(invisible, escapeCharacter)
}

/** As `JSON.stringify`, with the characters above as `\uHHHH` too: safe to show, and the same text for a parser. */
export function visibleJson(text: string): string {
  return JSON.stringify(text).replace(invisible, (character) => `\\u${hex(character, 4)}`)
}

/** Text of the user's for a message: in quotes, visible, and cut when it is long. */
export function quoted(text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 77)}...` : text
  return `'${visibleText(shown)}'`
}

const letters: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0)
  return letters[character] ?? (code < 0x100 ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`)
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0')
}
