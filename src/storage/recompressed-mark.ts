import { offset, type Offset } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { type CompressionCodec, compressionCodecs } from '../record/codec.ts'
import { readWholeFile, replaceWholeFile } from './whole-file.ts'

/** How far a partition was recompressed, and how: what lies below needs no second look. */
export interface RecompressedMark {
  readonly codec: CompressionCodec
  readonly level: number
  readonly endOffset: Offset
}

/** Ours, with a name that Kafka leaves alone. */
const fileName = 'tslog.recompressed'
const bytesMax = 1024

/** `undefined` when there is none that makes sense: then all is looked at again. */
export function readRecompressedMark(fileSystem: FileSystem, directory: string): RecompressedMark | undefined {
  const read = readWholeFile(fileSystem, `${directory}/${fileName}`, bytesMax)
  if (read.kind !== 'bytes') return undefined
  const match = /^(\w+) (-?\d{1,6}) (\d{1,18})\n$/.exec(new TextDecoder().decode(read.bytes))
  const codec = compressionCodecs.find((name) => name === match?.[1])
  if (match === null || codec === undefined) return undefined
  return { codec, level: Number(match[2]), endOffset: offset(BigInt(match[3] ?? 0)) }
}

/** Durable when it returns. The caller holds the partition's `PartitionMaintenance`. */
export function writeRecompressedMark(
  fileSystem: FileSystem,
  directory: string,
  { codec, level, endOffset }: RecompressedMark,
): void {
  replaceWholeFile(fileSystem, `${directory}/${fileName}`, new TextEncoder().encode(`${codec} ${level} ${endOffset}\n`))
}
