import { assert } from '../base/assert.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { Codec, Dialect } from './codec.ts'
import { type TagSection, type TaggedFieldPlan, taggedFields } from './tagged-fields.ts'

/** One field of a struct in one dialect. */
export interface FieldPlan {
  readonly name: string
  readonly initial: unknown
  readonly tag: number | undefined
  /** Absent when the dialect lacks the field. */
  readonly codec: Codec<unknown> | undefined
}

/** A struct's value, before its type is known. */
export type Struct = Readonly<Record<string, unknown>>

/**
 * Composes the codec of a struct: `read` is one object literal, `write` one call per field, so that the engine sees objects
 * of one shape and call sites of one target. A loop over the fields with `value[name] = ...` takes two to four times as
 * long. For this, and only here, code is made from text: it consists of the field names of our own declarations, which are
 * checked to be plain identifiers, and of numbers. It happens when a codec is first asked for, never at import.
 *
 *     return {
 *       read(from) { const value = { topic: codecs[0].read(from), isInternal: initials[1] }; tags.read(from, value); ... },
 *       write(to, value) { codecs[0].write(to, value.topic); tags.write(to, value) },
 *     }
 */
export function structCodec(fields: readonly FieldPlan[], dialect: Dialect): Codec<Struct> {
  for (const { name } of fields) assert(/^[a-z][A-Za-z0-9]*$/.test(name), `${name} is no name for a field`)
  const onWire = fields.filter((field) => field.codec !== undefined && field.tag === undefined)
  const tags = dialect.flexible ? taggedFields(fields.filter(isTagged), dialect) : undefined
  return {
    sizeMin: onWire.reduce((sum, { codec }) => sum + (codec?.sizeMin ?? 0), dialect.flexible ? 1 : 0),
    ...compile(fields, new Set(onWire), tags),
  }
}

interface Compiled {
  read(from: ByteReader): Struct
  write(to: ByteWriter, value: Struct): void
}

function compile(fields: readonly FieldPlan[], onWire: ReadonlySet<FieldPlan>, tags: TagSection | undefined): Compiled {
  const parameters = fields.flatMap((_, i) => [`codec${i}`, `initial${i}`])
  const literal = fields.map(
    (field, i) => `${field.name}: ${onWire.has(field) ? `codec${i}.read(from)` : `initial${i}`}`,
  )
  const writes = fields.map((field, i) => (onWire.has(field) ? `codec${i}.write(to, value.${field.name})` : ''))
  const source = `'use strict'
return {
  read(from) {
    const value = { ${literal.join(', ')} }
    ${tags === undefined ? '' : 'tags.read(from, value)'}
    return value
  },
  write(to, value) {
    ${writes.filter((line) => line !== '').join('\n    ')}
    ${tags === undefined ? '' : 'tags.write(to, value)'}
  },
}`
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval -- the one place, explained above.
  const make = new Function('tags', ...parameters, source) as (...values: unknown[]) => Compiled
  return make(tags, ...fields.flatMap(({ codec, initial }) => [codec, initial]))
}

function isTagged(field: FieldPlan): field is TaggedFieldPlan {
  return field.tag !== undefined && field.codec !== undefined
}
