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
 * checked to be plain identifiers, and of numbers. It happens when a codec is in use, never at import: the first few values go through a loop,
 * since a short run reads and writes each message once or twice, and making the code takes longer than that.
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
  const isOnWire = new Set(onWire)
  const looped = loop(fields, isOnWire, tags)
  let uses = 0
  const count = (): void => {
    if (++uses === loopedUses) Object.assign(codec, compile(fields, isOnWire, tags))
  }
  const codec: Codec<Struct> = {
    sizeMin: onWire.reduce((sum, field) => sum + (field.codec?.sizeMin ?? 0), dialect.flexible ? 1 : 0),
    read(from) {
      count()
      return looped.read(from)
    },
    write(to, value) {
      count()
      looped.write(to, value)
    },
  }
  return codec
}

/** So many values are read or written before code is made for it. */
const loopedUses = 8

interface Compiled {
  read(from: ByteReader): Struct
  write(to: ByteWriter, value: Struct): void
}

function loop(fields: readonly FieldPlan[], onWire: ReadonlySet<FieldPlan>, tags: TagSection | undefined): Compiled {
  return {
    read(from) {
      const value: Record<string, unknown> = {}
      for (const field of fields) value[field.name] = onWire.has(field) ? field.codec?.read(from) : field.initial
      tags?.read(from, value)
      return value
    },
    write(to, value) {
      for (const field of onWire) field.codec?.write(to, value[field.name])
      tags?.write(to, value)
    },
  }
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
