/**
 * Reads the text of a Java `.properties` file as `java.util.Properties.load` does: `key=value`, `key: value` or `key value`
 * lines; `#` and `!` begin a comment line; a backslash escapes the next character, `\uXXXX` is a character, and at the end of
 * a line it joins the next one, whose leading blanks go. A later line of the same key wins.
 *
 * Never throws: where Java gives up, at a `\u` without four hex digits, the `u` is taken as it stands.
 */
export function parseJavaProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>()
  for (const line of logicalLines(text)) {
    const [key, value] = splitLine(line)
    properties.set(unescape(key), unescape(value))
  }
  return properties
}

/** The same for the bytes of a file: ISO-8859-1, one character a byte, as Java reads it. */
export function parseJavaPropertiesBytes(bytes: Uint8Array): Map<string, string> {
  return parseJavaProperties(fromLatin1(bytes))
}

/** One `key=value` line, without its end, that reads back as the same; everything that is not ASCII is escaped. */
export function formatJavaProperty(key: string, value: string): string {
  return `${escape(key).replaceAll(' ', '\\ ')}=${escape(value).replace(/^ /, '\\ ')}`
}

/** Joins continued lines; leaves out empty ones and comments, which are never continued. */
function logicalLines(text: string): string[] {
  const lines: string[] = []
  let joined: string | undefined
  for (const natural of text.split(/\r\n|\r|\n/)) {
    const line = natural.replace(/^[ \t\f]+/, '')
    if (joined === undefined && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue
    const whole: string = (joined ?? '') + line
    joined = endsInEscape(line) ? whole.slice(0, -1) : undefined
    if (joined === undefined) lines.push(whole)
  }
  if (joined !== undefined) lines.push(joined)
  return lines.filter((line) => line !== '')
}

/** Whether the last backslash escapes the line end rather than being escaped itself. */
function endsInEscape(line: string): boolean {
  let backslashes = 0
  while (line[line.length - 1 - backslashes] === '\\') backslashes++
  return backslashes % 2 === 1
}

/** The key ends at the first `=`, `:` or blank that is not escaped; blanks and one `=` or `:` after it are no part of the value. */
function splitLine(line: string): [key: string, value: string] {
  let end = 0
  while (end < line.length && !'=: \t\f'.includes(line[end] ?? '')) end += line[end] === '\\' ? 2 : 1
  const value = line.slice(end).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '')
  return [line.slice(0, end), value]
}

function unescape(text: string): string {
  if (!text.includes('\\')) return text
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|([\s\S]?))/g, (_, hex: string | undefined, character: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    return controls[character] ?? character
  })
}

const controls: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }
const escapes: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\f': '\\f' }

function escape(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]|[\\=:#!]/g, (character) => {
    const code = character.charCodeAt(0)
    if (code > 0x1f && code < 0x7f) return `\\${character}`
    return escapes[character] ?? `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
  })
}

function fromLatin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}
