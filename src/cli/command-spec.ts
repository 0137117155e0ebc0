/**
 * One plain description of each command. The fast parser, oclif's flags, the help, the man pages and the completion are
 * all made from it, so they cannot disagree. Pure data: a hot command loads its own and nothing else.
 */
export interface CommandSpec {
  /** The words that call it, such as `consume` or `topics list`. */
  readonly name: string
  /** One line without a full stop, for lists of commands. */
  readonly summary: string
  /** Paragraphs for the help and the man page. */
  readonly description: readonly string[]
  readonly args: readonly ArgSpec[]
  readonly flags: Readonly<Record<string, FlagSpec>>
  /** The most telling one first: a usage error shows it. */
  readonly examples: readonly ExampleSpec[]
  /** What its exit codes mean where that is more than the general meaning. */
  readonly exitCodes?: Readonly<Record<number, string>>
  /** Pairs of flags that contradict each other. */
  readonly conflicts?: readonly (readonly [string, string])[]
  /** Flags of which one, and only one, must be given. */
  readonly exactlyOne?: readonly string[]
  /** True when it works on the files themselves, so that a broker's address is refused. */
  readonly directoryOnly?: boolean
  /** What habits of other tools stand for here: the word as typed, and the hint it gets; `WORD` is any argument too many. */
  readonly habits?: Readonly<Record<string, string>>
}

/** One position on the command line. At most the last one may take several words. */
export interface ArgSpec {
  readonly name: string
  /** How usage and messages call it, such as `TOPIC`. */
  readonly label: string
  readonly summary: string
  readonly required?: boolean
  readonly multiple?: boolean
  readonly options?: readonly string[]
  /** What the shell completion offers. */
  readonly completes?: 'topics' | 'groups' | 'files'
}

interface ExampleSpec {
  readonly command: string
  readonly explanation: string
}

export type FlagSpec = BoolFlag | IntFlag | StringFlag | ChoiceFlag | DurationFlag | SizeFlag

interface FlagBase {
  readonly char?: string
  /** What it does: one sentence with a full stop. */
  readonly summary: string
  /** Other long names that are accepted but not shown. */
  readonly aliases?: readonly string[]
  /** Other letters that are accepted but not shown. */
  readonly charAliases?: readonly string[]
  /** Accepted for the habit's sake and not shown. */
  readonly hidden?: boolean
  /** The environment variable that is used without the flag; read by the command, not by the parsers. */
  readonly env?: string
}

interface BoolFlag extends FlagBase {
  readonly kind: 'bool'
  readonly default?: boolean
  /** Whether `--no-NAME` is understood. */
  readonly allowNo?: boolean
}

interface ValueFlag extends FlagBase {
  /** The placeholder in help, such as `N`. */
  readonly value: string
  /** A value that works, for the example of an error. */
  readonly example: string
  readonly repeated?: boolean
  readonly completes?: 'topics' | 'groups' | 'files' | 'directories' | 'config-names' | 'config-settings'
}

export interface IntFlag extends ValueFlag {
  readonly kind: 'int'
  readonly min?: number
  readonly max?: number
  readonly default?: number
}

interface StringFlag extends ValueFlag {
  readonly kind: 'string'
  /** What the value must look like; goes with `expects`. */
  readonly pattern?: RegExp
  /** The allowed values in words, for the error. */
  readonly expects?: string
  /** Values that the shell completion offers. */
  readonly suggests?: readonly string[]
  readonly default?: string
  /** Its value is taken as the first operand (kcat's `-t TOPIC`); it is no option of its own. */
  readonly asOperand?: true
}

interface ChoiceFlag extends ValueFlag {
  readonly kind: 'choice'
  readonly options: readonly string[]
  readonly default?: string
}

/** `10s`, `5m`, `250ms`, `1h`, `7d`, or a bare number of `unit`; parsed to milliseconds. */
export interface DurationFlag extends ValueFlag {
  readonly kind: 'duration'
  readonly unit: 'ms' | 's'
  /** Milliseconds. */
  readonly default?: number
}

/** `65536`, `64k`, `1M`, `2GiB` (powers of 1024); parsed to bytes. */
export interface SizeFlag extends ValueFlag {
  readonly kind: 'size'
  readonly min?: number
  readonly max?: number
  /** Bytes. */
  readonly default?: number
}

/** The plain object that both parsers give to a use case: camelCase keys, defaults filled in, every key present. */
export type OptionsOf<Spec extends CommandSpec> = Show<ArgsOf<Spec['args']> & FlagsOf<Spec['flags']>>

type Show<Type> = { readonly [Key in keyof Type]: Type[Key] }

type ArgsOf<Args extends readonly ArgSpec[]> = { [Arg in Args[number] as Arg['name']]: ArgValue<Arg> }

type ArgValue<Arg extends ArgSpec> = Arg extends { multiple: true }
  ? readonly string[]
  : Arg extends { required: true }
    ? OneOf<Arg>
    : OneOf<Arg> | undefined

type OneOf<Holder> = Holder extends { options: readonly (infer Option)[] } ? Option : string

type FlagsOf<Flags extends Readonly<Record<string, FlagSpec>>> = {
  [Name in keyof Flags as Flags[Name] extends { asOperand: true } ? never : CamelCase<Name & string>]: FlagOption<
    Flags[Name]
  >
}

type FlagOption<Flag extends FlagSpec> = Flag extends { kind: 'bool' }
  ? boolean
  : Flag extends { repeated: true }
    ? readonly OneValue<Flag>[]
    : Flag extends { default: string | number }
      ? OneValue<Flag>
      : OneValue<Flag> | undefined

type OneValue<Flag extends FlagSpec> = Flag extends { kind: 'int' | 'duration' | 'size' } ? number : OneOf<Flag>

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name

/** `retention-ms` becomes `retentionMs`. */
export function camelCase(name: string): string {
  // Called for every flag at every start: to compile a pattern would take longer than all the rest.
  if (!name.includes('-')) return name
  let camel = ''
  let start = 0
  for (let hyphen = name.indexOf('-'); hyphen >= 0; hyphen = name.indexOf('-', start)) {
    camel += name.slice(start, hyphen) + name.charAt(hyphen + 1).toUpperCase()
    start = hyphen + 2
  }
  return camel + name.slice(start)
}
