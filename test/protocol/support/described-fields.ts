import type { Type, VersionRange } from '../../../src/wire/schema.ts'
import { type FieldDefinition, type MessageDefinition, versionsIn } from './kafka-definition.ts'

/** All that a declaration says about one field, whoever declared it. */
export interface DescribedField {
  /** From the top, such as `topics.partitions.records`. */
  readonly path: string
  /** As Kafka names it, `[]` before what a list holds, `struct` for all structs. */
  readonly type: string
  readonly versions: string
  readonly nullableIn: string
  readonly tag: number | undefined
  readonly default: string
}

/** Our declaration of a message, field by field in its order on the wire; only what some of `valid` has. */
export function describeType(message: Type<unknown>, valid: VersionRange): DescribedField[] {
  const { shape } = message
  return shape.kind === 'struct' ? ourFields(shape.fields, '', valid) : []
}

function ourFields(
  fields: Readonly<Record<string, Type<unknown>>>,
  prefix: string,
  parent: VersionRange,
): DescribedField[] {
  return Object.entries(fields).flatMap(([name, type]) => {
    const versions = common(type.versions, parent)
    const { shape } = type
    const plain = shape.kind === 'nullable' ? shape.of : type
    const nullable = shape.kind === 'nullable' ? common({ first: shape.since, last: shape.until }, versions) : nowhere
    const own: DescribedField = {
      path: prefix + name,
      type: typeName(plain),
      versions: written(versions),
      nullableIn: written(nullable),
      tag: type.tag,
      default: writtenDefault(type.initial()),
    }
    return [own, ...ourFields(fieldsInside(plain), `${prefix}${name}.`, versions)].filter(isSomewhere)
  })
}

function fieldsInside({ shape }: Type<unknown>): Readonly<Record<string, Type<unknown>>> {
  if (shape.kind === 'array') return fieldsInside(shape.item)
  return shape.kind === 'struct' ? shape.fields : {}
}

function typeName({ shape }: Type<unknown>): string {
  if (shape.kind === 'array') return `[]${typeName(shape.item)}`
  if (shape.kind === 'timestamp') return 'int64'
  return shape.kind === 'boolean' ? 'bool' : shape.kind
}

function writtenDefault(value: unknown): string {
  if (value instanceof Uint8Array) return 'bytes'
  if (value === 'AAAAAAAAAAAAAAAAAAAAAA') return 'zero uuid'
  if (Array.isArray(value)) return '[]'
  return typeof value === 'object' && value !== null ? 'struct' : String(value)
}

/** Kafka's declaration of a message, in the same words. */
export function describeDefinition(message: MessageDefinition, valid: VersionRange): DescribedField[] {
  return theirFields(message, message.fields, '', valid)
}

function theirFields(
  message: MessageDefinition,
  fields: readonly FieldDefinition[],
  prefix: string,
  parent: VersionRange,
): DescribedField[] {
  return fields.flatMap((field) => {
    const versions = common(versionsIn(field.versions), parent)
    const name = field.name.charAt(0).toLowerCase() + field.name.slice(1)
    const inner = innerFields(message, field)
    const own: DescribedField = {
      path: prefix + name,
      type: inner.length === 0 ? field.type : `${field.type.startsWith('[]') ? '[]' : ''}struct`,
      versions: written(versions),
      nullableIn: written(common(versionsIn(field.nullableVersions ?? 'none'), versions)),
      tag: field.tag,
      default: theirDefault(field),
    }
    return [own, ...theirFields(message, inner, `${prefix}${name}.`, versions)].filter(isSomewhere)
  })
}

/** Its own fields, or those of the struct that its type names. */
function innerFields({ commonStructs = [] }: MessageDefinition, field: FieldDefinition): readonly FieldDefinition[] {
  const named = commonStructs.find(({ name }) => name === field.type.replace('[]', ''))
  return field.fields ?? named?.fields ?? []
}

/** Kafka's generator: null for records, an empty value for the rest, unless the definition says otherwise. */
function theirDefault({ type, default: said }: FieldDefinition): string {
  if (said !== undefined) return /^(-|0x)?\d/.test(String(said)) ? String(Number(said)) : String(said)
  if (type.startsWith('[]')) return '[]'
  return emptyValues[type] ?? 'struct'
}

const emptyValues: Readonly<Record<string, string>> = {
  records: 'null',
  bytes: 'bytes',
  string: '',
  uuid: 'zero uuid',
  bool: 'false',
  int8: '0',
  int16: '0',
  uint16: '0',
  int32: '0',
  int64: '0',
  float64: '0',
}

const nowhere: VersionRange = { first: Infinity, last: -Infinity }

function common(one: VersionRange, other: VersionRange): VersionRange {
  return { first: Math.max(one.first, other.first), last: Math.min(one.last, other.last) }
}

function written({ first, last }: VersionRange): string {
  return first > last ? 'none' : `${first}-${last}`
}

function isSomewhere({ versions }: DescribedField): boolean {
  return versions !== 'none'
}
