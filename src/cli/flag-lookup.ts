import type { CommandSpec, FlagSpec } from './command-spec.ts'

/** A flag with the long name it goes by. */
export interface NamedFlag {
  readonly name: string
  readonly flag: FlagSpec
}

/** The flag of this long name; other names are not looked at. */
export function flagNamed(spec: CommandSpec, name: string): NamedFlag | undefined {
  const flag = Object.hasOwn(spec.flags, name) ? spec.flags[name] : undefined
  return flag === undefined ? undefined : { name, flag }
}

/** The flag of this letter. */
export function flagLettered(spec: CommandSpec, letter: string): NamedFlag | undefined {
  for (const name in spec.flags) {
    const flag = spec.flags[name]
    if (flag === undefined) continue
    if (flag.char === letter || flag.charAliases?.includes(letter) === true) return { name, flag }
  }
  return undefined
}

/** The flag that a word such as `--since`, `--lines` (an alias) or `-o` is, when it is exactly that. */
export function flagOfWord(spec: CommandSpec, word: string): NamedFlag | undefined {
  if (!word.startsWith('--')) return /^-[^-]$/.test(word) ? flagLettered(spec, word.slice(1)) : undefined
  const typed = word.slice(2)
  const alias = Object.keys(spec.flags).find((name) => spec.flags[name]?.aliases?.includes(typed) === true)
  return flagNamed(spec, typed) ?? (alias === undefined ? undefined : flagNamed(spec, alias))
}
