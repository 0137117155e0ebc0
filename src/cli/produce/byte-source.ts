import { type CompressedInput, compressionOf, MAGIC_BYTES } from '../compressed-input.ts'
import { InputReader } from '../input.ts'

/** One input of `produce`: standard input or a file, plain or decompressed. */
export interface ByteSource {
  /** How messages name it. */
  readonly name: string
  /** Bytes on the disk, for progress; undefined when the end is not known. */
  readonly size: number | undefined
  /** Bytes of that which were read. */
  readonly bytesRead: number
  readonly isTerminal: boolean
  /** Blocks until something can be read, at most `timeoutMs` (-1: no limit). */
  waitReadable(timeoutMs: number): 'ready' | 'timeout' | 'interrupted'
  /** Reads into `target`; 0 at the end, `NOTHING_YET` when there is nothing right now. */
  readInto(target: Uint8Array): Promise<number> | number
  close(): Promise<void> | void
}

/** Opens an input by name, `-` being standard input. Files that are gzip or zstd by their first bytes are decompressed. */
export async function openByteSource(name: string): Promise<ByteSource> {
  const input = name === '-' ? InputReader.standardInput() : InputReader.open(name)
  const compression = compressionOf(input.peek(MAGIC_BYTES))
  if (compression === undefined) return input
  const { CompressedInput: Compressed } = await import('../compressed-input.ts')
  return decompressing(input, new Compressed(input, compression))
}

function decompressing(input: InputReader, compressed: CompressedInput): ByteSource {
  return {
    name: input.name,
    size: input.size,
    get bytesRead() {
      return input.bytesRead
    },
    isTerminal: false,
    waitReadable: () => 'ready',
    readInto: (target) => compressed.readInto(target),
    close: () => compressed.close(),
  }
}
