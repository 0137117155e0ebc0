import { UsageError } from '../base/errors.ts'
import { camelCase, type ArgSpec, type CommandSpec, type FlagSpec, type OptionsOf } from './command-spec.ts'
import type { ParsedCommandLine } from './fast-parse.ts'
import { inWords } from './flag-value.ts'
import { quoted } from './format/visible-text.ts'
import { exampleOf, hintForExtraOperand } from './usage-hint.ts'

/**
 * The last step of both parsers: operands get their names, defaults are filled in, and what contradicts itself is refused
 * with a `UsageError` that names the flags.
 */
export function optionsOf<Spec extends CommandSpec>(spec: Spec, parsed: ParsedCommandLine): OptionsOf<Spec> {
  checkCombination(spec, parsed)
  const options: Record<string, unknown> = {}
  const operands = [...parsed.operands]
  for (const [name, flag] of Object.entries(spec.flags)) {
    const given = parsed.flags[name]
    if (flag.kind === 'string' && flag.asOperand === true) {
      if (typeof given === 'string') operands.unshift(given)
    } else {
      options[camelCase(name)] = given ?? defaultOf(flag)
    }
  }
  assignOperands(spec, operands, options)
  return options as OptionsOf<Spec>
}

function defaultOf(flag: FlagSpec): unknown {
  if (flag.kind === 'bool') return flag.default ?? false
  return flag.repeated === true ? [] : flag.default
}

function assignOperands(spec: CommandSpec, operands: readonly string[], options: Record<string, unknown>): void {
  let next = 0
  for (const arg of spec.args) {
    const taken = arg.multiple === true ? operands.slice(next) : operands.slice(next, next + 1)
    next += taken.length
    for (const word of taken) checkOperand(spec, arg, word)
    if (taken.length === 0 && arg.required === true) {
      throw new UsageError(`${spec.name} needs ${withArticle(arg.label)}`, { hint: exampleOf(spec) })
    }
    options[arg.name] = arg.multiple === true ? taken : taken[0]
  }
  const extra = operands[next]
  if (extra !== undefined) {
    throw new UsageError(`${spec.name} takes no further argument: ${quoted(extra)}`, {
      hint: hintForExtraOperand(spec, extra),
    })
  }
}

function checkOperand(spec: CommandSpec, arg: ArgSpec, word: string): void {
  if (word === '') throw new UsageError(`${spec.name}: ${arg.label} is empty`, { hint: exampleOf(spec) })
  const partition = arg.label === 'TOPIC' && word.includes(':') ? /^[^:/]+:(\d+)$/.exec(word)?.[1] : undefined
  if (partition !== undefined && Object.hasOwn(spec.flags, 'partition')) {
    const topic = word.slice(0, word.indexOf(':'))
    throw new UsageError(`${quoted(word)} is no topic: the partition is -p`, {
      hint: `example: tslog ${spec.name} ${topic} -p ${partition}`,
    })
  }
  if (arg.options !== undefined && !arg.options.includes(word)) {
    throw new UsageError(`${arg.label} is ${inWords(arg.options)}, not ${quoted(word)}`, { hint: exampleOf(spec) })
  }
}

function checkCombination(spec: CommandSpec, { flags }: ParsedCommandLine): void {
  if (spec.directoryOnly === true && flags['bootstrap-server'] !== undefined) {
    throw new UsageError(`${spec.name} works on a directory only: --bootstrap-server is not for it`, {
      hint: exampleOf(spec),
    })
  }
  for (const [one, other] of spec.conflicts ?? []) {
    if (isOn(flags[one]) && isOn(flags[other])) {
      throw new UsageError(`--${one} and --${other} contradict each other`, { hint: exampleOf(spec) })
    }
  }
  if (spec.exactlyOne === undefined) return
  const given = spec.exactlyOne.filter((name) => isOn(flags[name]))
  if (given.length === 1) return
  const wanted = inWords(spec.exactlyOne.map((name) => `--${name}`))
  throw new UsageError(`${spec.name} needs exactly one of ${wanted}`, { hint: exampleOf(spec) })
}

function isOn(value: unknown): boolean {
  return value !== undefined && value !== false
}

function withArticle(label: string): string {
  return /^[AEIOU]/.test(label) ? `an ${label}` : `a ${label}`
}
