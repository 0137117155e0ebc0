import fc from 'fast-check'
import type { Dialect } from '../../../src/wire/codec.ts'
import {
  type Type,
  array,
  boolean,
  bytes,
  float64,
  int16,
  int32,
  int64,
  int8,
  nullable,
  string,
  struct,
  timestamp,
  uint16,
  uint32,
  uuid,
  uvarint,
} from '../../../src/wire/schema.ts'
import { uuidFromBytes } from '../../../src/base/uuid.ts'
import { text } from './text.ts'

/** A random type, a dialect, and a value which that dialect can carry. */
export interface Case {
  readonly type: Type<unknown>
  readonly dialect: Dialect
  readonly value: unknown
}

/** A type with the values it has in any version; `in` takes what a version lacks down to the default. */
interface Sample {
  readonly type: Type<unknown>
  readonly values: fc.Arbitrary<unknown>
  /** The value as it comes back in this dialect. */
  in(dialect: Dialect, value: unknown): unknown
  readonly hasNull: boolean
}

const asItIs = (_: Dialect, value: unknown): unknown => value

function leaf(type: Type<unknown>, values: fc.Arbitrary<unknown>, hasNull = false): Sample {
  return { type, values, hasNull, in: asItIs }
}

const leaves: Sample[] = [
  leaf(int8, fc.integer({ min: -128, max: 127 })),
  leaf(int16, fc.integer({ min: -0x8000, max: 0x7fff })),
  leaf(uint16, fc.integer({ min: 0, max: 0xffff })),
  leaf(int32, fc.integer()),
  leaf(uint32, fc.integer({ min: 0, max: 0xffff_ffff })),
  leaf(uvarint, fc.integer({ min: 0, max: 0xffff_ffff })),
  leaf(int64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  leaf(timestamp, fc.maxSafeInteger()),
  leaf(float64, fc.double()),
  leaf(boolean, fc.boolean()),
  leaf(uuid, fc.uint8Array({ minLength: 16, maxLength: 16 }).map(uuidFromBytes)),
  leaf(string, text(40), true),
  leaf(bytes, fc.uint8Array({ maxLength: 40 }), true),
]

function listOf(item: Sample): Sample {
  return {
    type: array(item.type),
    values: fc.array(item.values, { maxLength: 4 }),
    hasNull: true,
    in: (dialect, value) => (value as unknown[]).map((one) => item.in(dialect, one)),
  }
}

function orNull(item: Sample): Sample {
  return {
    type: nullable(item.type),
    values: fc.option(item.values),
    hasNull: false,
    in: (dialect, value) => (value === null ? null : item.in(dialect, value)),
  }
}

/** A field's presence: from `since` to `until`, tagged with its own index or not. */
interface Presence {
  readonly since: number
  readonly until: number
  readonly isTagged: boolean
}

const anyPresence: fc.Arbitrary<Presence> = fc.record({
  since: fc.integer({ min: 0, max: 2 }),
  until: fc.integer({ min: 2, max: 4 }),
  isTagged: fc.boolean(),
})

function structOf(fields: readonly { sample: Sample; presence: Presence }[]): Sample {
  const named = fields.map(({ sample, presence }, i) => {
    const ranged = sample.type.since(presence.since).until(presence.until)
    return { name: `f${i}`, sample, type: presence.isTagged ? ranged.tagged(i) : ranged }
  })
  const all = [...named, { name: 'always', sample: leaf(int8, fc.constant(1)), type: int8 as Type<unknown> }]
  return {
    type: struct(Object.fromEntries(all.map(({ name, type }) => [name, type]))),
    values: fc.record(Object.fromEntries(all.map(({ name, sample }) => [name, sample.values]))),
    hasNull: true,
    in: (dialect, value) =>
      Object.fromEntries(
        all.map(({ name, sample, type }) => {
          const own = (value as Record<string, unknown>)[name]
          return [name, type.isIn(dialect) ? sample.in(dialect, own) : type.initial()]
        }),
      ),
  }
}

const samples = fc.letrec<{ sample: Sample; composite: Sample }>((tie) => ({
  sample: fc.oneof({ maxDepth: 3, depthSize: 'small' }, fc.constantFrom(...leaves), tie('composite')),
  composite: fc.oneof(
    tie('sample').map(listOf),
    tie('sample').map((sample) => (sample.hasNull ? orNull(sample) : sample)),
    fc.array(fc.record({ sample: tie('sample'), presence: anyPresence }), { maxLength: 5 }).map(structOf),
  ),
}))

export const caseOf: fc.Arbitrary<Case> = fc
  .record({
    sample: fc.array(fc.record({ sample: samples.sample, presence: anyPresence }), { maxLength: 5 }).map(structOf),
    version: fc.integer({ min: 0, max: 4 }),
    flexible: fc.boolean(),
  })
  .chain(({ sample, version, flexible }) => {
    const dialect: Dialect = { version, flexible }
    return sample.values.map((value) => ({ type: sample.type, dialect, value: sample.in(dialect, value) }))
  })
