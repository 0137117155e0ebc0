/** How the records of a batch are compressed; the names are Kafka's (`compression.type`). */
export type CompressionCodec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** In the order of their ids: bits 0 to 2 of a batch's attributes. Ids 5 to 7 are not in use. */
export const compressionCodecs: readonly CompressionCodec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** The bits of the attributes that hold the codec's id. */
export const codecMask = 0x07

/** The id of `codec` in a batch's attributes: 0 to 4. */
export function codecId(codec: CompressionCodec): number {
  return compressionCodecs.indexOf(codec)
}

/** The codec with this id, or `undefined` for 5 to 7 and whatever is out of range. */
export function codecOfId(id: number): CompressionCodec | undefined {
  return compressionCodecs[id]
}

/** The levels that a codec takes, inclusive. A higher level is slower and smaller. */
export interface CompressionLevels {
  readonly min: number
  readonly max: number
  readonly default: number
}

/** The levels of `codec` (KIP-390), or `undefined` where there are none to choose from. */
export function compressionLevels(codec: CompressionCodec): CompressionLevels | undefined {
  switch (codec) {
    case 'gzip':
      return { min: -1, max: 9, default: -1 }
    case 'lz4':
      return { min: 1, max: 17, default: 9 }
    case 'zstd':
      return { min: -131_072, max: 22, default: 3 }
    case 'none':
    case 'snappy':
      return undefined
  }
}
