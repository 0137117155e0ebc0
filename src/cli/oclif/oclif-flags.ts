import { Args, Flags } from '@oclif/core'
import type { Interfaces } from '@oclif/core'
import type { CommandSpec, FlagSpec } from '../command-spec.ts'
import { parseFlagValue, type FlagValue } from '../flag-value.ts'

/** The text after a flag is not a value of it. Oclif rewrites messages of parse errors, so the facts are fields. */
export class FlagValueError extends Error {
  override readonly name = 'FlagValueError'
  readonly flag: string
  readonly text: string

  constructor(flag: string, text: string) {
    super(`bad value of --${flag}`)
    this.flag = flag
    this.text = text
  }
}

/**
 * Oclif's argument definition, the same for every command: all operands in one list, named later by `optionsOf`.
 * `ignoreStdin` because oclif otherwise fills a missing argument from piped stdin and swallows data.
 */
export function oclifArgs(): { operands: Interfaces.Arg<string[] | undefined> } {
  return { operands: Args.string({ multiple: true, ignoreStdin: true }) } as {
    operands: Interfaces.Arg<string[] | undefined>
  }
}

/**
 * Oclif's flag definitions of a specification. Defaults, conflicts and the environment are left to `optionsOf` and the
 * command. A repeatable flag takes one value each time (`multipleNonGreedy`): oclif's own way would eat the operands.
 */
export function oclifFlags(spec: CommandSpec): Interfaces.FlagInput {
  return Object.fromEntries(Object.entries(spec.flags).map(([name, flag]) => [name, oclifFlag(name, flag)]))
}

function oclifFlag(name: string, flag: FlagSpec): Interfaces.FlagInput[string] {
  const common = {
    description: flag.summary,
    ...(flag.char === undefined ? {} : { char: flag.char as Interfaces.AlphabetLowercase }),
    ...(flag.aliases === undefined ? {} : { aliases: [...flag.aliases] }),
    ...(flag.charAliases === undefined ? {} : { charAliases: flag.charAliases as Interfaces.AlphabetLowercase[] }),
    ...(flag.hidden === undefined ? {} : { hidden: flag.hidden }),
  }
  if (flag.kind === 'bool') return Flags.boolean({ ...common, allowNo: flag.allowNo === true })
  const parse = (text: string): Promise<FlagValue> => {
    const value = parseFlagValue(flag, text)
    return value === undefined ? Promise.reject(new FlagValueError(name, text)) : Promise.resolve(value)
  }
  const define = Flags.custom<FlagValue>({ ...common, helpValue: flag.value, parse })
  return flag.repeated === true ? define({ multiple: true, multipleNonGreedy: true }) : define()
}
