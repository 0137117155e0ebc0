import type { CommandSpec, FlagSpec } from './command-spec.ts'
import { flagLettered, flagNamed } from './flag-lookup.ts'
import { parseFlagValue, type FlagValue } from './flag-value.ts'

/** What stands on a command line after the command's name, before defaults are filled in. */
export interface ParsedCommandLine {
  readonly operands: readonly string[]
  /** By long name; only what was given. An array where the flag may be repeated. */
  readonly flags: Readonly<Record<string, FlagValue | readonly FlagValue[]>>
}

/**
 * Parses the harmless shapes of a command line without oclif, or returns `undefined`: then oclif parses it (help, errors,
 * `--`, clusters of letters, repeats...). Whatever it accepts, oclif accepts with the same result; a property test holds
 * the two together.
 */
export function fastParse(spec: CommandSpec, argv: readonly string[]): ParsedCommandLine | undefined {
  const operands: string[] = []
  const flags: Record<string, FlagValue | FlagValue[]> = Object.create(null)
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? ''
    if (isOperand(word)) {
      operands.push(word)
      continue
    }
    const token = word.startsWith('--') ? longToken(spec, word) : shortToken(spec, word)
    if (token === undefined) return undefined
    const takesNext = token.flag.kind !== 'bool' && token.attached === undefined
    const value = valueOf(token, takesNext ? harmlessValue(spec, argv[++i]) : token.attached)
    if (value === undefined || !setValue(flags, token, value)) return undefined
  }
  return { operands, flags: { ...flags } }
}

/** A single dash is stdin, and so an operand. */
function isOperand(word: string): boolean {
  return word === '-' || !word.startsWith('-')
}

/** A word that begins with `-`, understood. */
interface Token {
  readonly name: string
  readonly flag: FlagSpec
  /** The value in the same word. */
  readonly attached: string | undefined
  readonly negated: boolean
}

function longToken(spec: CommandSpec, word: string): Token | undefined {
  const equals = word.indexOf('=')
  const typed = equals < 0 ? word.slice(2) : word.slice(2, equals)
  const attached = equals < 0 ? undefined : word.slice(equals + 1)
  const found = flagNamed(spec, typed)
  if (found !== undefined) return harmlessToken(spec, { ...found, attached, negated: false })
  const negated = typed.startsWith('no-') ? flagNamed(spec, typed.slice(3)) : undefined
  if (negated?.flag.kind !== 'bool' || negated.flag.allowNo !== true) return undefined
  return { ...negated, attached, negated: true }
}

function shortToken(spec: CommandSpec, word: string): Token | undefined {
  const found = flagLettered(spec, word.charAt(1))
  if (found === undefined) return undefined
  if (word.length === 2) return { ...found, attached: undefined, negated: false }
  if (word.charAt(2) === '=') return undefined
  return harmlessToken(spec, { ...found, attached: word.slice(2), negated: false })
}

/** Oclif takes no value that looks like a flag, not even in the same word. */
function harmlessToken(spec: CommandSpec, token: Token): Token | undefined {
  if (token.attached === undefined) return token
  return harmlessValue(spec, token.attached) === undefined ? undefined : token
}

/** The word after a flag, when it cannot be taken for a flag itself. */
function harmlessValue(spec: CommandSpec, word: string | undefined): string | undefined {
  if (word === undefined || !word.startsWith('-')) return word
  return /^-\d/.test(word) && flagLettered(spec, word.charAt(1)) === undefined ? word : undefined
}

function valueOf({ flag, negated }: Token, text: string | undefined): FlagValue | undefined {
  if (flag.kind === 'bool') return text === undefined ? !negated : undefined
  return text === undefined ? undefined : parseFlagValue(flag, text)
}

/** False when the flag was given before and may not be repeated. */
function setValue(flags: Record<string, FlagValue | FlagValue[]>, { name, flag }: Token, value: FlagValue): boolean {
  const before = flags[name]
  if (flag.kind !== 'bool' && flag.repeated === true) {
    flags[name] = Array.isArray(before) ? [...before, value] : [value]
    return true
  }
  flags[name] = value
  return before === undefined || flag.kind === 'bool'
}
