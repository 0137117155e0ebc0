/** One configuration of a topic, declared once: how its text is read, what is allowed, and what to say about it. */
export interface ConfigDefinition<T> {
  /** Kafka's name, such as `retention.ms`. */
  readonly name: string
  readonly type: 'int' | 'long' | 'double' | 'boolean' | 'string' | 'list'
  /** Kafka's text of it. */
  readonly defaultText: string
  /** What `read` makes of it, without the reading. */
  readonly defaultValue: T
  /** What is allowed, in words: `a whole number from -1 to ...`. */
  readonly range: () => string
  /** The words that it is made of, where it is. */
  readonly words?: readonly string[]
  /** A value that would do. */
  readonly example: string
  readonly doc: string
  /** The text as Kafka writes it and what it means, or `undefined` when it is not allowed. */
  read(text: string): { readonly text: string; readonly value: T } | undefined
}

/** What text and documentation every definition has. */
interface Described {
  readonly byDefault: string
  readonly doc: string
  readonly example: string
}

interface WholeNumber extends Described {
  readonly type: 'int' | 'long'
  readonly min: bigint
  /** Default: the largest of the type. */
  readonly max?: bigint
  /** `bytes` also takes KiB, MiB, GiB and TiB, or k, M, G and T as flags do; `ms` also s, m, h, d and w. */
  readonly unit?: 'bytes' | 'ms'
  /** The text besides 2^63-1 that means no limit. */
  readonly unlimited?: bigint
}

const maxOf = { int: 2n ** 31n - 1n, long: 2n ** 63n - 1n } as const

/** What one of each unit is, by the names that people give it. */
function factorsOf(unit: WholeNumber['unit']): Readonly<Record<string, bigint>> {
  if (unit === undefined) return { '': 1n }
  if (unit === 'ms') return { '': 1n, ms: 1n, s: 1000n, m: 60_000n, h: 3_600_000n, d: 86_400_000n, w: 604_800_000n }
  return { '': 1n, ...binary('k', 1), ...binary('m', 2), ...binary('g', 3), ...binary('t', 4) }
}

/** A unit of 1024^`power` as people write it: `m`, `M` and `MiB`. */
function binary(letter: string, power: number): Record<string, bigint> {
  const factor = 1024n ** BigInt(power)
  const upper = letter.toUpperCase()
  return { [letter]: factor, [upper]: factor, [`${upper}iB`]: factor }
}

/** A whole number. 2^63-1 and what `unlimited` names are read as `Infinity`; above 2^53 a value is rounded. */
export function wholeNumber(name: string, facts: WholeNumber): ConfigDefinition<number> {
  const { type, min, max = maxOf[type], unit, unlimited } = facts
  return {
    ...described(name, facts),
    type,
    defaultValue: valueOf(BigInt(facts.byDefault), unlimited),
    range: () => `a whole number from ${min} to ${max}${unit === undefined ? '' : ` (${unit})`}`,
    read: (text) => {
      const value = readWithUnit(text, factorsOf(unit))
      if (value === undefined || value < min || value > max) return undefined
      return { text: String(value), value: valueOf(value, unlimited) }
    },
  }
}

function valueOf(value: bigint, unlimited: bigint | undefined): number {
  return value === maxOf.long || value === unlimited ? Infinity : Number(value)
}

/** A number from 0 to 1. */
export function ratio(name: string, facts: Described): ConfigDefinition<number> {
  return {
    ...described(name, facts),
    type: 'double',
    defaultValue: Number(facts.byDefault),
    range: () => 'a number from 0 to 1',
    read: (text) => {
      const trimmed = text.trim()
      const value = /^(\d+\.?\d*|\.\d+)(e-?\d{1,3})?$/i.test(trimmed) ? Number(trimmed) : Number.NaN
      return value >= 0 && value <= 1 ? { text: String(value), value } : undefined
    },
  }
}

/** `true` or `false`, in any case. */
export function flag(name: string, facts: Described): ConfigDefinition<boolean> {
  return {
    ...described(name, facts),
    type: 'boolean',
    defaultValue: facts.byDefault === 'true',
    range: () => 'true or false',
    words: ['true', 'false'],
    read: (text) => {
      const lower = text.trim().toLowerCase()
      return lower === 'true' || lower === 'false' ? { text: lower, value: lower === 'true' } : undefined
    },
  }
}

/** One of some words. */
export function choice<W extends string>(
  name: string,
  words: readonly W[],
  facts: Described & { readonly byDefault: NoInfer<W> },
): ConfigDefinition<W> {
  return {
    ...described(name, facts),
    type: 'string',
    defaultValue: facts.byDefault,
    range: () => `one of ${words.join(', ')}`,
    words,
    read: (text) => {
      const word = words.find((one) => one === text.trim())
      return word === undefined ? undefined : { text: word, value: word }
    },
  }
}

/** Any text; empty when it is not given. */
export function text(name: string, facts: Described): ConfigDefinition<string> {
  return {
    ...described(name, facts),
    type: 'string',
    defaultValue: facts.byDefault,
    range: () => 'a text',
    read: (given) => ({ text: given.trim(), value: given.trim() }),
  }
}

/** Some words with commas between them, or none at all. */
export function choices<W extends string>(
  name: string,
  words: readonly W[],
  facts: Described & { readonly byDefault: NoInfer<W> },
): ConfigDefinition<readonly W[]> {
  return {
    ...described(name, facts),
    type: 'list',
    defaultValue: [facts.byDefault],
    range: () => `any of ${words.join(', ')}, with commas between`,
    words,
    read: (text) => {
      const parts = text.trim() === '' ? [] : text.split(',').map((part) => words.find((word) => word === part.trim()))
      const known = parts.filter((part) => part !== undefined)
      if (known.length < parts.length || new Set(known).size < known.length) return undefined
      return { text: known.join(','), value: known }
    },
  }
}

/** A whole number that may be one special value besides its range: compression levels. */
export function levelOr(special: bigint, name: string, facts: WholeNumber): ConfigDefinition<number> {
  const ordinary = wholeNumber(name, facts)
  return {
    ...ordinary,
    range: () => `${ordinary.range()}, or ${special}`,
    read: (text) =>
      text.trim() === String(special) ? { text: String(special), value: Number(special) } : ordinary.read(text),
  }
}

function described(
  name: string,
  facts: Described,
): Pick<ConfigDefinition<never>, 'name' | 'defaultText' | 'example' | 'doc'> {
  return { name, defaultText: facts.byDefault, example: facts.example, doc: facts.doc }
}

/** At most 20 digits are read, so that no text makes work. */
function readWithUnit(text: string, units: Readonly<Record<string, bigint>>): bigint | undefined {
  const [, digits, unit = ''] = /^\s*([+-]?\d{1,20})\s*([A-Za-z]*)\s*$/.exec(text) ?? []
  if (digits === undefined || !Object.hasOwn(units, unit)) return undefined
  const factor = units[unit]
  return factor === undefined ? undefined : BigInt(digits) * factor
}
