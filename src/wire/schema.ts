import { assert } from '../base/assert.ts'
import type { TimestampMs } from '../base/brands.ts'
import { NO_UUID, type Uuid, uuidFromBytes, uuidToBytes } from '../base/uuid.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { Codec, Dialect } from './codec.ts'
import { type FieldPlan, structCodec } from './struct-codec.ts'
import type { KeptTags } from './tagged-fields.ts'

/** How values of a type are laid out, per dialect; the second form is for types that have a null. */
interface Layout<T> {
  readonly plain: (dialect: Dialect) => Codec<T>
  readonly nullable?: (dialect: Dialect) => Codec<T | null>
}

/** In which versions something is there; `last` is inclusive. */
export interface VersionRange {
  readonly first: number
  readonly last: number
}

const always: VersionRange = { first: 0, last: Infinity }

/** What a type is made of: what declarations are compared with, and test data is made from. */
export type Shape =
  | { readonly kind: Kind }
  | { readonly kind: 'array'; readonly item: Type<unknown> }
  | { readonly kind: 'struct'; readonly fields: Fields }
  | { readonly kind: 'nullable'; readonly of: Type<unknown>; readonly since: number; readonly until: number }

type Scalar = 'int8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'timestamp' | 'float64' | 'uvarint'
type Kind = Scalar | 'boolean' | 'uuid' | 'string' | 'bytes' | 'records'

interface Field<T> {
  readonly shape: Shape
  readonly layout: Layout<T>
  readonly initial: () => T
  readonly versions: VersionRange
  readonly tag?: number | undefined
}

/**
 * The type of a message or of one of its fields, with the versions it is in. Immutable: each of `since`, `until`, `or`
 * and `tagged` gives a new type. In a version that lacks a field, reading gives its default and writing drops the
 * value.
 */
export class Type<T> {
  readonly #field: Field<T>

  constructor(field: Field<T>) {
    this.#field = field
  }

  /** The field exists from this version on. */
  since(first: number): Type<T> {
    return new Type({ ...this.#field, versions: { ...this.#field.versions, first } })
  }

  /** The field exists up to and including this version. */
  until(last: number): Type<T> {
    return new Type({ ...this.#field, versions: { ...this.#field.versions, last } })
  }

  /** The default, in place of 0, an empty string, null... It is frozen. */
  or(value: T): Type<T> {
    const shared = fixed(value)
    return new Type({ ...this.#field, initial: () => shared })
  }

  /** The field is tagged in flexible versions, written only when it is not its default, and absent from all others. */
  tagged(tag: number): Type<T> {
    return new Type({ ...this.#field, tag })
  }

  /** The same bytes under a narrower type, such as `int64.as<Offset>()`. */
  as<Narrow extends T>(): Type<Narrow> {
    return this as unknown as Type<Narrow>
  }

  /** The default: one value for all, which nobody can change. */
  initial(): T {
    return this.#field.initial()
  }

  get shape(): Shape {
    return this.#field.shape
  }

  get tag(): number | undefined {
    return this.#field.tag
  }

  /** The versions that have the field: from `first` to `last`, inclusive, which may be `Infinity`. */
  get versions(): VersionRange {
    return this.#field.versions
  }

  /** Whether the field is on the wire at all in this dialect. */
  isIn({ version, flexible }: Dialect): boolean {
    const { versions, tag } = this.#field
    return versions.first <= version && version <= versions.last && (tag === undefined || flexible)
  }

  /** Reads and writes the type in one dialect. For structs it is built once per dialect and kept. */
  codec(dialect: Dialect): Codec<T> {
    return this.#field.layout.plain(dialect)
  }

  /** The codec of the form that has a null; an assertion fails for types without one, such as numbers. */
  nullableCodec(dialect: Dialect): Codec<T | null> {
    const { nullable } = this.#field.layout
    assert(nullable !== undefined, 'only strings, bytes, arrays and structs have a null on the wire')
    return nullable(dialect)
  }
}

/** The fields of a struct, in their order on the wire. */
export type Fields = Readonly<Record<string, Type<unknown>>>

/** The values that a type reads and writes. */
export type ValueOf<S> = S extends Type<infer T> ? T : never

type StructOf<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> } & KeptTags
type ItemOf<S> = S extends Type<infer T> ? T : S extends Fields ? StructOf<S> : never

export const int8: Type<number> = scalar('int8', 1, 0, { read: (from) => from.int8(), write: (to, v) => to.int8(v) })
export const int16: Type<number> = scalar('int16', 2, 0, {
  read: (from) => from.int16(),
  write: (to, v) => to.int16(v),
})
export const uint16: Type<number> = scalar('uint16', 2, 0, {
  read: (from) => from.uint16(),
  write: (to, v) => to.uint16(v),
})
export const int32: Type<number> = scalar('int32', 4, 0, {
  read: (from) => from.int32(),
  write: (to, v) => to.int32(v),
})
export const uint32: Type<number> = scalar('uint32', 4, 0, {
  read: (from) => from.uint32(),
  write: (to, v) => to.uint32(v),
})
export const int64: Type<bigint> = scalar('int64', 8, 0n, {
  read: (from) => from.int64(),
  write: (to, v) => to.int64(v),
})
export const float64: Type<number> = scalar('float64', 8, 0, {
  read: (from) => from.float64(),
  write: (to, v) => to.float64(v),
})

/** An int64 of milliseconds, as a number: exact up to 2^53, the nearest number beyond. The largest reads as 2^63, which must not come out as the smallest. */
export const timestamp: Type<TimestampMs> = scalar('timestamp', 8, 0, {
  read: (from) => Number(from.int64()),
  write: (to, ms) => to.int64(ms < 2 ** 63 ? BigInt(ms) : 2n ** 63n - 1n),
})

/** An unsigned varint in every version. */
export const uvarint: Type<number> = scalar('uvarint', 1, 0, {
  read: (from) => from.uvarint(),
  write: (to, v) => to.uvarint(v),
})

export const boolean: Type<boolean> = scalar('boolean', 1, false, {
  read: (from) => from.boolean(),
  write: (to, v) => to.boolean(v),
})

/** 16 bytes, as base64url text; the default is all zeros. */
export const uuid: Type<Uuid> = scalar('uuid', 16, NO_UUID, {
  read: (from) => uuidFromBytes(from.take(16)),
  write: (to, id) => {
    const bytes = uuidToBytes(id)
    assert(bytes !== undefined, `${id} is no uuid`)
    to.put(bytes)
  },
})

/** int16 length and UTF-8; a compact length in flexible versions. */
export const string: Type<string> = new Type({
  shape: { kind: 'string' },
  layout: {
    plain: ({ flexible }) => (flexible ? compactString : classicString),
    nullable: ({ flexible }) => (flexible ? compactNullableString : classicNullableString),
  },
  initial: () => '',
  versions: always,
})

const classicString: Codec<string> = {
  sizeMin: 2,
  read: (from) => from.string(),
  write: (to, text) => to.string(text),
}
const classicNullableString: Codec<string | null> = {
  sizeMin: 2,
  read: (from) => from.nullableString(),
  write: (to, text) => to.nullableString(text),
}
const compactString: Codec<string> = {
  sizeMin: 1,
  read: (from) => from.compactString(),
  write: (to, text) => to.compactString(text),
}
const compactNullableString: Codec<string | null> = {
  sizeMin: 1,
  read: (from) => from.compactNullableString(),
  write: (to, text) => to.compactNullableString(text),
}

/** int32 length and bytes; a compact length in flexible versions. Reading gives a view of the source, never a copy. */
export const bytes: Type<Uint8Array> = blob('bytes', (to, value) => to.put(value))

/**
 * As `bytes`, for record batches: large ones are written by reference (see `ByteWriter.splice`), so they stay as they
 * are until sent.
 */
export const records: Type<Uint8Array> = blob('records', (to, value) => to.splice(value))

/** A list of a type, or of structs when given fields: int32 count, compact in flexible versions. */
export function array<S extends Type<unknown> | Fields>(item: S): Type<readonly ItemOf<S>[]> {
  const type = (item instanceof Type ? item : struct(item)) as Type<ItemOf<S>>
  return new Type<readonly ItemOf<S>[]>({
    shape: { kind: 'array', item: type },
    layout: counted((dialect) => itemsOf(type.codec(dialect))),
    initial: () => noItems,
    versions: always,
  })
}

const noItems = fixed([])
const noBytes = new Uint8Array(0)

/**
 * The form of a string, bytes, array or struct that may be null, in all versions or only in some: in the others, null
 * is never read, and writing it is our own bug. The default is null; `.or` gives another.
 */
export function nullable<T>(type: Type<T>, versions: { since?: number; until?: number } = {}): Type<T | null> {
  const { since = 0, until = Infinity } = versions
  const plain = (dialect: Dialect): Codec<T | null> =>
    since <= dialect.version && dialect.version <= until ? type.nullableCodec(dialect) : neverNull(type.codec(dialect))
  const shape: Shape = { kind: 'nullable', of: type, since, until }
  return new Type<T | null>({ shape, layout: { plain }, initial: () => null, versions: type.versions, tag: type.tag })
}

/**
 * Fields in their order on the wire. One type serves all versions: a field that a version lacks reads as its default.
 */
export function struct<F extends Fields>(fields: F): Type<StructOf<F>> {
  const built = new Map<number, Codec<StructOf<F>>>()
  const plain = (dialect: Dialect): Codec<StructOf<F>> => {
    const key = dialect.version * 4 + (dialect.flexible ? 2 : 0) + (dialect.unknownTags === 'keep' ? 1 : 0)
    const codec = built.get(key) ?? (structCodec(planOf(fields, dialect), dialect) as unknown as Codec<StructOf<F>>)
    built.set(key, codec)
    return codec
  }
  let shared: StructOf<F> | undefined
  const initial = (): StructOf<F> => (shared ??= fixed(initialOf(fields)))
  return new Type<StructOf<F>>({
    shape: { kind: 'struct', fields },
    layout: { plain, nullable: (dialect) => withPresence(plain(dialect)) },
    initial,
    versions: always,
  })
}

function initialOf<F extends Fields>(fields: F): StructOf<F> {
  return Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, type.initial()])) as StructOf<F>
}

/** Bytes cannot be frozen; those of a default are none, so that there is nothing to change. */
function fixed<T>(value: T): T {
  return value instanceof Uint8Array ? value : Object.freeze(value)
}

function planOf(fields: Fields, dialect: Dialect): FieldPlan[] {
  return Object.entries(fields).map(([name, type]) => ({
    name,
    initial: type.initial(),
    tag: type.tag,
    codec: type.isIn(dialect) ? type.codec(dialect) : undefined,
  }))
}

/** Numbers and the like: the same in every dialect. */
function scalar<T>(kind: Kind, sizeMin: number, initial: T, codec: Omit<Codec<T>, 'sizeMin'>): Type<T> {
  const full: Codec<T> = { sizeMin, ...codec }
  return new Type({ shape: { kind }, layout: { plain: () => full }, initial: () => initial, versions: always })
}

function blob(kind: Kind, write: (to: ByteWriter, value: Uint8Array) => void): Type<Uint8Array> {
  return new Type({
    shape: { kind },
    layout: counted(() => ({ read: (from, length) => from.take(length), write })),
    initial: () => noBytes,
    versions: always,
  })
}

/** What follows a length. */
interface Body<T> {
  read(from: ByteReader, length: number): T
  write(to: ByteWriter, value: T): void
}

/** A body behind its length; the length -1 (0 when compact, which counts from 1) is null. */
function counted<T extends { readonly length: number }>(bodyIn: (dialect: Dialect) => Body<T>): Layout<T> {
  const nullable = (dialect: Dialect): Codec<T | null> => {
    const length = dialect.flexible ? compactLength : classicLength
    const body = bodyIn(dialect)
    return {
      sizeMin: length.sizeMin,
      read: (from) => {
        const count = length.read(from)
        return count === -1 ? null : body.read(from, count)
      },
      write: (to, value) => {
        length.write(to, value === null ? -1 : value.length)
        if (value !== null) body.write(to, value)
      },
    }
  }
  return { nullable, plain: (dialect) => neverNull<T>(nullable(dialect)) }
}

const classicLength: Codec<number> = { sizeMin: 4, read: (from) => from.int32(), write: (to, n) => to.int32(n) }
const compactLength: Codec<number> = {
  sizeMin: 1,
  read: (from) => from.uvarint() - 1,
  write: (to, n) => to.uvarint(n + 1),
}

function itemsOf<T>(item: Codec<T>): Body<readonly T[]> {
  assert(item.sizeMin > 0, 'an item of a list takes at least one byte, or a claimed count could not be checked')
  return {
    read: (from, count) => {
      if (count < 0 || count * item.sizeMin > from.remaining) {
        throw from.malformed(`${count} items are announced, ${from.remaining} bytes remain`)
      }
      from.countItems(count)
      const items: T[] = []
      for (let i = 0; i < count; i++) items.push(item.read(from))
      return items
    },
    write: (to, items) => {
      for (const one of items) item.write(to, one)
    },
  }
}

/** A struct behind one byte: 1, or -1 for null; in a tagged field Kafka writes 0 for it. */
function withPresence<T>(codec: Codec<T>): Codec<T | null> {
  return {
    sizeMin: 1,
    read: (from) => (from.int8() <= 0 ? null : codec.read(from)),
    write: (to, value) => {
      to.int8(value === null ? -1 : 1)
      if (value !== null) codec.write(to, value)
    },
  }
}

function neverNull<T>(codec: Codec<T | null> | Codec<T>): Codec<T> {
  return {
    sizeMin: codec.sizeMin,
    read: (from) => {
      const value = codec.read(from)
      if (value === null) throw from.malformed('null where a value is required')
      return value
    },
    write: (to, value) => {
      assert(value !== null, 'null in a version of the message that has none')
      codec.write(to, value)
    },
  }
}
