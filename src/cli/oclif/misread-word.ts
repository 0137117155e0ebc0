import { UsageError } from '../../base/errors.ts'
import type { CommandSpec } from '../command-spec.ts'
import { flagLettered, flagNamed, flagOfWord } from '../flag-lookup.ts'
import { exampleOfFlag, hintForUnknownFlag } from '../usage-hint.ts'

/**
 * Finds what oclif would misread without a word: `--json=true` would make `true` a topic, `-5` is an operand to it, and it
 * looks flags up in a plain object, where `--constructor` is found. Returns the error to throw, if any.
 */
export function misreadWord(spec: CommandSpec, argv: readonly string[]): UsageError | undefined {
  const end = argv.indexOf('--')
  for (const [index, word] of (end < 0 ? argv : argv.slice(0, end)).entries()) {
    if (isValue(spec, argv[index - 1])) continue
    const error = valueOfBool(spec, word)
    if (error !== undefined) return error
    if (isNotAFlag(spec, word)) {
      return new UsageError(`${spec.name} has no flag ${word}`, { hint: hintForUnknownFlag(spec, word) })
    }
  }
  return undefined
}

/** Whether the word after `before` is the value of a flag. */
function isValue(spec: CommandSpec, before: string | undefined): boolean {
  if (before === undefined || !before.startsWith('-')) return false
  // In a cluster such as -eqo only the last letter can take the next word.
  const flag = before.startsWith('--') ? flagOfWord(spec, before) : flagLettered(spec, before.slice(-1))
  return flag !== undefined && flag.flag.kind !== 'bool'
}

function valueOfBool(spec: CommandSpec, word: string): UsageError | undefined {
  const typed = /^--([^=]+)=/.exec(word)?.[1] ?? ''
  const found = flagNamed(spec, typed) ?? flagNamed(spec, typed.replace(/^no-/, ''))
  if (found?.flag.kind !== 'bool') return undefined
  return new UsageError(`--${typed} takes no value`, { hint: exampleOfFlag(spec, found.name, found.flag) })
}

function isNotAFlag(spec: CommandSpec, word: string): boolean {
  if (word.startsWith('--')) return word.slice(2).replace(/=.*$/s, '') in Object.prototype
  return /^-\d/.test(word) && flagLettered(spec, word.charAt(1)) === undefined
}
