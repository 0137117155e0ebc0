import { codePoint, utf8Length } from './utf8.ts'

/** What one place of a pattern takes. */
type Token =
  | { readonly kind: 'any' }
  | { readonly kind: 'one' }
  | { readonly kind: 'literal'; readonly code: number }
  | { readonly kind: 'set'; readonly ranges: readonly (readonly [number, number])[]; readonly isNegated: boolean }

/** Stands for a byte that is not part of a character: no literal and no set has it, `?`, `*` and `[!...]` do. */
const NO_CHARACTER = -1

/**
 * A shell pattern over bytes: `*` any run, `?` one character, `[abc]` `[a-z]` `[!a]` sets, `\` before a character for itself.
 * It matches whole keys, header values and topic names, read as UTF-8; a byte that is not UTF-8 counts as one character.
 * A `[` that is never closed is itself, as in the shell.
 *
 * Matched by hand, not as a `RegExp`: at most pattern length times text length steps, whatever the pattern.
 */
export class Glob {
  readonly #tokens: readonly Token[]

  constructor(pattern: string) {
    this.#tokens = compile(pattern)
  }

  matches(text: Uint8Array): boolean {
    const tokens = this.#tokens
    let at = 0
    let token = 0
    // Where to go on when a match fails: the last `*` takes one character more.
    let star = -1
    let starAt = 0
    while (at < text.length) {
      const next = tokens[token]
      if (next?.kind === 'any') {
        star = token++
        starAt = at
        continue
      }
      const length = utf8Length(text, at, text.length)
      if (next !== undefined && takes(next, length === 0 ? NO_CHARACTER : codePoint(text, at, length))) {
        at += Math.max(1, length)
        token++
        continue
      }
      if (star === -1) return false
      starAt += Math.max(1, utf8Length(text, starAt, text.length))
      at = starAt
      token = star + 1
    }
    return tokens.slice(token).every(({ kind }) => kind === 'any')
  }
}

function takes(token: Token, code: number): boolean {
  switch (token.kind) {
    case 'any':
    case 'one':
      return true
    case 'literal':
      return token.code === code
    case 'set':
      return token.ranges.some(([first, last]) => first <= code && code <= last) !== token.isNegated
  }
}

function compile(pattern: string): Token[] {
  const characters = Array.from(pattern)
  const tokens: Token[] = []
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ''
    const set = character === '[' ? readSet(characters, at) : undefined
    if (set !== undefined) {
      tokens.push(set.token)
      at = set.last
    } else if (character === '*') tokens.push({ kind: 'any' })
    else if (character === '?') tokens.push({ kind: 'one' })
    else if (character === '\\' && at + 1 < characters.length) tokens.push(literal(characters[++at]))
    else tokens.push(literal(character))
  }
  return tokens
}

function literal(character = ''): Token {
  return { kind: 'literal', code: codeOf(character) }
}

/** The set whose `[` is at `start`; undefined when it is not closed. A `]` that comes first is a member. */
function readSet(characters: readonly string[], start: number): { token: Token; last: number } | undefined {
  const isNegated = characters[start + 1] === '!' || characters[start + 1] === '^'
  const first = start + (isNegated ? 2 : 1)
  const end = characters.indexOf(']', first + 1)
  if (end === -1) return undefined
  const ranges: [number, number][] = []
  for (let at = first; at < end; at++) {
    const isRange = characters[at + 1] === '-' && at + 2 < end
    ranges.push([codeOf(characters[at]), codeOf(characters[isRange ? at + 2 : at])])
    if (isRange) at += 2
  }
  return { token: { kind: 'set', ranges, isNegated }, last: end }
}

function codeOf(character = ''): number {
  return character.codePointAt(0) ?? NO_CHARACTER
}
