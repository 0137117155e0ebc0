import { UsageError } from '../../base/errors.ts'
import type { CommandSpec } from '../command-spec.ts'
import { flagNamed } from '../flag-lookup.ts'
import { expectation } from '../flag-value.ts'
import { quoted } from '../format/visible-text.ts'
import { exampleOf, exampleOfFlag, hintForUnknownFlag } from '../usage-hint.ts'
import { FlagValueError } from './oclif-flags.ts'

/** Says in our words what oclif's parser did not like: one line that names the flag, and an example. */
export function usageErrorOf(spec: CommandSpec, error: unknown): unknown {
  if (error instanceof FlagValueError) return badValue(spec, error)
  const unknown = unknownFlag(error)
  if (unknown !== undefined) {
    const typed = unknown.replace(/=.*$/s, '')
    return new UsageError(`${spec.name} has no flag ${quoteOdd(typed)}`, { hint: hintForUnknownFlag(spec, unknown) })
  }
  return (
    missingOrDouble(spec, error) ??
    (isParserError(error) ? new UsageError(error.message, { hint: exampleOf(spec) }) : error)
  )
}

/** Of the other complaints of the parser there is only the text. */
function missingOrDouble(spec: CommandSpec, error: unknown): UsageError | undefined {
  const [, name = '', problem] = /^Flag --(\S+) (.*)$/s.exec(error instanceof Error ? error.message : '') ?? []
  const flag = flagNamed(spec, name)?.flag
  if (flag === undefined) return undefined
  const hint = exampleOfFlag(spec, name, flag)
  if (problem === 'can only be specified once') return new UsageError(`--${name} is given twice`, { hint })
  const wanted = expectation(flag)
  return new UsageError(`--${name} needs ${wanted === 'a value' ? wanted : `a value: ${wanted}`}`, { hint })
}

function badValue(spec: CommandSpec, { flag: name, text }: FlagValueError): UsageError {
  const flag = spec.flags[name]
  if (flag === undefined) return new UsageError(`--${name}: bad value ${quoted(text)}`)
  return new UsageError(`--${name} expects ${expectation(flag)}, not ${quoted(text)}`, {
    hint: exampleOfFlag(spec, name, flag),
  })
}

/** The first flag that does not exist, as it was typed. Oclif's error class has no exported name, but its field tells. */
function unknownFlag(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('flags' in error) || !Array.isArray(error.flags)) return undefined
  const first: unknown = error.flags[0]
  return typeof first === 'string' ? first : undefined
}

/** Everything the parser throws carries oclif's mark; nothing of ours does. */
function isParserError(error: unknown): error is Error {
  return error instanceof Error && 'oclif' in error
}

function quoteOdd(word: string): string {
  return /^[\w-]+$/.test(word) ? word : quoted(word)
}
