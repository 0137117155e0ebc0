import fc from 'fast-check'
import { uuidFromBytes } from '../../../src/base/uuid.ts'
import type { Dialect } from '../../../src/wire/codec.ts'
import type { Shape, Type } from '../../../src/wire/schema.ts'
import { text } from '../../wire/support/text.ts'

/** Random values of a type as they come back in this dialect: what it lacks has its default. */
export function valuesOf(type: Type<unknown>, dialect: Dialect): fc.Arbitrary<unknown> {
  const { shape } = type
  if (shape.kind === 'array') return fc.array(valuesOf(shape.item, dialect), { maxLength: 3 })
  if (shape.kind === 'struct') return fc.record(fieldValues(shape.fields, dialect))
  if (shape.kind !== 'nullable') return leaves[shape.kind]
  const isNullable = shape.since <= dialect.version && dialect.version <= shape.until
  return isNullable ? fc.option(valuesOf(shape.of, dialect), { freq: 3 }) : valuesOf(shape.of, dialect)
}

function fieldValues(
  fields: Readonly<Record<string, Type<unknown>>>,
  dialect: Dialect,
): Record<string, fc.Arbitrary<unknown>> {
  const values = Object.entries(fields).map(([name, type]) => {
    const value = type.isIn(dialect) ? valuesOf(type, dialect) : fc.constant(type.initial())
    return [name, type.tag === undefined ? value : fc.oneof(value, fc.constant(type.initial()))] as const
  })
  return Object.fromEntries(values)
}

type Leaf = Exclude<Shape['kind'], 'array' | 'struct' | 'nullable'>

/** Long enough to be spliced at times, see `ByteWriter.splice`. */
const recordBytes = fc.oneof(fc.uint8Array({ maxLength: 30 }), fc.uint8Array({ minLength: 1000, maxLength: 1500 }))

const leaves: Readonly<Record<Leaf, fc.Arbitrary<unknown>>> = {
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -0x8000, max: 0x7fff }),
  uint16: fc.integer({ min: 0, max: 0xffff }),
  int32: fc.integer(),
  uint32: fc.integer({ min: 0, max: 0xffff_ffff }),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  timestamp: fc.maxSafeInteger(),
  float64: fc.double({ noNaN: true }),
  uvarint: fc.integer({ min: 0, max: 0xffff_ffff }),
  boolean: fc.boolean(),
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(uuidFromBytes),
  string: text(20),
  bytes: fc.uint8Array({ maxLength: 30 }),
  records: recordBytes,
}
