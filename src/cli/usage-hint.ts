import { nearest } from '../base/nearest-name.ts'
import type { CommandSpec, FlagSpec } from './command-spec.ts'

/** The example that a usage error ends with. */
export function exampleOf(spec: CommandSpec): string {
  const example = spec.examples[0]
  return example === undefined ? `see: tslog ${spec.name} --help` : `example: ${example.command}`
}

/** An example of one flag: `example: tslog consume app-logs --partition 0`. */
export function exampleOfFlag(spec: CommandSpec, name: string, flag: FlagSpec): string {
  const operands = spec.args.filter((arg) => arg.required === true).map((arg) => operandExample(arg.label))
  const value = flag.kind === 'bool' ? [] : [flag.example]
  return `example: ${['tslog', spec.name, ...operands, `--${name}`, ...value].join(' ')}`
}

/** What to say about a flag that the command does not have. `word` is as typed, such as `-p` or `--frmo=3`. */
export function hintForUnknownFlag(spec: CommandSpec, word: string): string {
  const typed = word.replace(/=.*$/s, '')
  const habit = spec.habits?.[typed] ?? habitOfDigits(spec, typed)
  if (habit !== undefined) return habit
  const near = nearest(typed.replace(/^--?(no-)?/, ''), visibleFlags(spec))
  if (near === undefined || !typed.startsWith('--')) return exampleOf(spec)
  const flag = spec.flags[near]
  return flag === undefined ? exampleOf(spec) : `did you mean --${near}? ${exampleOfFlag(spec, near, flag)}`
}

/** What to say about an operand too many: a path where nothing but the directory can be meant. */
export function hintForExtraOperand(spec: CommandSpec, word: string): string {
  if (spec.args.length === 0 && Object.hasOwn(spec.flags, 'dir') && word.includes('/')) {
    return `the directory is -d; example: tslog ${spec.name} -d ${word}`
  }
  return spec.habits?.['WORD'] ?? exampleOf(spec)
}

/** `tail -5` is a habit without a flag of that name. */
function habitOfDigits(spec: CommandSpec, typed: string): string | undefined {
  return /^-\d/.test(typed) ? spec.habits?.['-5'] : undefined
}

function visibleFlags(spec: CommandSpec): string[] {
  return Object.entries(spec.flags)
    .filter(([, flag]) => flag.hidden !== true)
    .map(([name]) => name)
}

const operandExamples: Readonly<Record<string, string>> = {
  TOPIC: 'app-logs',
  GROUP: 'nightly',
  SHELL: 'bash',
  'PATH|TOPIC[:PARTITION]': 'app-logs:0',
}

function operandExample(label: string): string {
  return operandExamples[label] ?? label
}
