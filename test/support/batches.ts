import { type Offset, offset } from '../../src/base/brands.ts'
import type { CompressionCodec } from '../../src/record/codec.ts'
import { RecordBatchBuilder } from '../../src/record/record-batch-builder.ts'

export const T0 = 1_700_000_000_000

const encoder = new TextEncoder()

export interface BatchSpec {
  readonly values: readonly (string | null)[]
  readonly key?: string
  readonly timestamp?: number
  readonly baseOffset?: Offset
  readonly codec?: CompressionCodec
}

/** A whole v2 batch with these values, all of one time. */
export function batch({ values, key, timestamp = T0, baseOffset = offset(0n), codec = 'none' }: BatchSpec): Uint8Array {
  const builder = new RecordBatchBuilder({ codec, sizeMax: 2 ** 30 })
  for (const value of values) {
    builder.append({
      key: key === undefined ? null : encoder.encode(key),
      value: value === null ? null : encoder.encode(value),
      timestamp,
    })
  }
  return builder.build(baseOffset)
}

/** Values `<prefix>0`, `<prefix>1`... */
export function numbered(count: number, prefix = 'value-'): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`)
}
