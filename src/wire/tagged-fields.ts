import { assert } from '../base/assert.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { type Codec, type Dialect, encode } from './codec.ts'
import { isSameValue } from './same-value.ts'

/** Where a struct read with `unknownTags: 'keep'` carries the tagged fields that its schema does not know. */
export const unknownTags: unique symbol = Symbol('unknownTags')

/** A tagged field as bytes. */
export interface RawTaggedField {
  readonly tag: number
  readonly bytes: Uint8Array
}

/** What any struct may carry; absent when there is none. */
export interface KeptTags {
  readonly [unknownTags]?: readonly RawTaggedField[]
}

/** A tagged field that the schema knows. */
export interface TaggedFieldPlan {
  readonly name: string
  readonly tag: number
  readonly codec: Codec<unknown>
  readonly initial: unknown
}

/** The end of every struct in a flexible version: a count, then (tag, size, bytes) by ascending tag, all unsigned varints. */
export interface TagSection {
  /** Sets what it finds on `target`, which has all defaults already. */
  read(from: ByteReader, target: Record<PropertyKey, unknown>): void
  write(to: ByteWriter, value: Readonly<Record<PropertyKey, unknown>>): void
}

/** The tag section of one struct in one dialect. */
export function taggedFields(declared: readonly TaggedFieldPlan[], dialect: Dialect): TagSection {
  const known = new Map(declared.map((field) => [field.tag, field]))
  assert(known.size === declared.length, `${declared.length} tagged fields with ${known.size} different tags`)
  const fields = declared.toSorted(byTag)
  const keeps = dialect.unknownTags === 'keep'
  return {
    read: (from, target) => {
      const count = from.uvarint()
      if (count > 0) readTags({ count, known, keeps }, from, target)
    },
    write: (to, value) => {
      const kept = keeps ? ((value as KeptTags)[unknownTags] ?? []) : []
      const own = changed(fields, value)
      const parts = kept.length === 0 ? own : [...kept, ...own].toSorted(byTag)
      to.uvarint(parts.length)
      for (const { tag, bytes } of parts) {
        to.uvarint(tag)
        to.uvarint(bytes.length)
        to.put(bytes)
      }
    },
  }
}

interface Tags {
  readonly count: number
  readonly known: ReadonlyMap<number, TaggedFieldPlan>
  readonly keeps: boolean
}

function readTags({ count, known, keeps }: Tags, from: ByteReader, target: Record<PropertyKey, unknown>): void {
  const kept: RawTaggedField[] = []
  for (let i = 0; i < count; i++) {
    const tag = from.uvarint()
    const size = from.uvarint()
    const field = known.get(tag)
    if (field !== undefined) target[field.name] = readSized(field, size, from)
    else if (keeps) kept.push({ tag, bytes: from.take(size) })
    else from.skip(size)
  }
  if (kept.length > 0) target[unknownTags] = kept
}

function readSized({ codec, tag }: TaggedFieldPlan, size: number, from: ByteReader): unknown {
  const end = from.position + size
  const value = codec.read(from)
  if (from.position !== end) throw from.malformed(`tagged field ${tag} of ${size} bytes does not end where it says`)
  return value
}

/** The fields that differ from their defaults, by tag; Kafka writes no others. */
function changed(fields: readonly TaggedFieldPlan[], value: Readonly<Record<PropertyKey, unknown>>): RawTaggedField[] {
  const parts: RawTaggedField[] = []
  for (const { name, tag, codec, initial } of fields) {
    if (!isSameValue(value[name], initial)) parts.push({ tag, bytes: encode(codec, value[name]) })
  }
  return parts
}

function byTag(one: { readonly tag: number }, other: { readonly tag: number }): number {
  return one.tag - other.tag
}
