import type { ArgSpec, CommandSpec, FlagSpec } from '../command-spec.ts'
import { globalFlags } from '../specs/global-flags.ts'

/** `tslog produce TOPIC [FILE...]`, without the flags. */
export function usageOf(spec: CommandSpec): string {
  return ['tslog', spec.name, ...spec.args.map(argUsage)].join(' ')
}

/** `TOPIC`, `TOPIC...`, `[FILE...]`. */
export function argUsage(arg: ArgSpec): string {
  const label = arg.multiple === true ? `${arg.label}...` : arg.label
  return arg.required === true ? label : `[${label}]`
}

/** `-p, --partition N`, `--[no-]follow`; with `aligned`, a flag without a letter is indented as if it had one. */
export function flagUsage(name: string, flag: FlagSpec, aligned: boolean): string {
  const letter = flag.char === undefined ? (aligned ? '    ' : '') : `-${flag.char}, `
  const no = flag.kind === 'bool' && flag.allowNo === true ? '[no-]' : ''
  return `${letter}--${no}${name}${flag.kind === 'bool' ? '' : ` ${flag.value}`}`
}

/** What a flag does, with its values, default and environment variable where those are not said already. */
export function flagText(flag: FlagSpec): string {
  const facts: string[] = []
  if (flag.kind === 'choice') facts.push(`One of ${flag.options.join(', ')}.`)
  if (flag.kind !== 'bool' && flag.default !== undefined)
    facts.push(`Default: ${flag.kind === 'size' ? sizeText(flag.default) : flag.default}.`)
  if (flag.env !== undefined) facts.push(`Environment: ${flag.env}.`)
  return [flag.summary, ...facts].join(' ')
}

/** Bytes as they may be typed, such as `128M`. */
function sizeText(bytes: number): string {
  if (bytes > 0 && bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20}M`
  return bytes > 0 && bytes % 1024 === 0 ? `${bytes / 1024}k` : String(bytes)
}

/** The flags to show, those of the command itself apart from those that every command has. */
export function shownFlags(spec: CommandSpec): { readonly own: NamedFlag[]; readonly global: NamedFlag[] } {
  const shown = Object.entries(spec.flags).filter(([, flag]) => flag.hidden !== true)
  const isGlobal = ([name]: NamedFlag): boolean => Object.hasOwn(globalFlags, name)
  return {
    own: shown.filter((entry) => !isGlobal(entry)),
    global: shown.filter((entry) => isGlobal(entry)),
  }
}

type NamedFlag = readonly [string, FlagSpec]
