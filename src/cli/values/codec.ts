import { UsageError } from '../../base/errors.ts'
import { compressionCodecs, compressionLevels } from '../../record/codec.ts'
import type { CompressionCodec } from '../../record/codec.ts'
import { badValue } from './bad-value.ts'

/** What `-z` says. */
export interface CodecChoice {
  readonly codec: CompressionCodec
  /** Undefined for the codec's own default. */
  readonly level: number | undefined
}

/** Reads `none|gzip|snappy|lz4|zstd`, with `:LEVEL` where the codec has levels (KIP-390). Throws `UsageError`. */
export function parseCodec(text: string, flag: string): CodecChoice {
  const match = /^([a-z0-9]+)(?::(-?\d{1,7}))?$/.exec(text)
  const codec = compressionCodecs.find((name) => name === match?.[1])
  if (match === null || codec === undefined)
    throw badValue(flag, text, `one of ${compressionCodecs.join(', ')}`, 'zstd:3')
  const level = match[2] === undefined ? undefined : Number(match[2])
  if (level !== undefined) checkLevel(codec, level, flag)
  return { codec, level }
}

function checkLevel(codec: CompressionCodec, level: number, flag: string): void {
  const levels = compressionLevels(codec)
  if (levels === undefined)
    throw new UsageError(`${flag}: ${codec} has no levels`, { hint: `for example ${flag} ${codec}` })
  if (level >= levels.min && level <= levels.max) return
  throw new UsageError(`${flag}: ${codec} has the levels ${levels.min} to ${levels.max}, not ${level}`, {
    hint: `for example ${flag} ${codec}:${levels.default}`,
  })
}
