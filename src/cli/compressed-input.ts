import { cannotRead, InputError } from './input.ts'
import type { InputReader } from './input.ts'
import { ZstdFrameWalker } from './zstd-frame-walker.ts'

/** How a file is compressed, as its first bytes tell. */
export type FileCompression = 'gzip' | 'zstd'

/** Bytes needed to tell. */
export const MAGIC_BYTES = 4

/** The compression that the first bytes of a file name; undefined for anything else. */
export function compressionOf(firstBytes: Uint8Array): FileCompression | undefined {
  if (startsWith(firstBytes, [0x1f, 0x8b, 0x08])) return 'gzip'
  if (startsWith(firstBytes, [0x28, 0xb5, 0x2f, 0xfd])) return 'zstd'
  return undefined
}

/**
 * The plain bytes of a gzip or zstd file of any size, in bounded memory: only what `readInto` asks for is decompressed.
 * Several members or frames, one after the other, are one stream of bytes, as `zcat` has it.
 */
export class CompressedInput {
  readonly name: string
  readonly #file: InputReader
  readonly #compression: FileCompression
  #chunks: AsyncIterator<Uint8Array> | undefined
  #chunk: Uint8Array = new Uint8Array()

  constructor(file: InputReader, compression: FileCompression) {
    this.name = file.name
    this.#file = file
    this.#compression = compression
  }

  /** Compressed bytes read so far, for progress against the file's `size`. */
  get bytesRead(): number {
    return this.#file.bytesRead
  }

  /** Fills at most `target.length` bytes; 0 at the end. Throws `InputError` when the file is damaged or cut short. */
  async readInto(target: Uint8Array): Promise<number> {
    while (this.#chunk.length === 0) {
      const next = await this.#nextChunk()
      if (next === undefined) return 0
      this.#chunk = next
    }
    const taken = this.#chunk.subarray(0, target.length)
    target.set(taken)
    this.#chunk = this.#chunk.subarray(taken.length)
    return taken.length
  }

  async close(): Promise<void> {
    await this.#chunks?.return?.()
    this.#file.close()
  }

  async #nextChunk(): Promise<Uint8Array | undefined> {
    try {
      this.#chunks ??= await decompressed(this.#file, this.#compression)
      const { done, value } = await this.#chunks.next()
      return done === true ? undefined : value
    } catch (error) {
      if (error instanceof InputError) throw error
      throw cannotRead(`${this.name} (${this.#compression})`, error)
    }
  }
}

const CHUNK_BYTES = 64 * 1024

async function decompressed(file: InputReader, compression: FileCompression): Promise<AsyncIterator<Uint8Array>> {
  const [zlib, { Readable }] = await Promise.all([import('node:zlib'), import('node:stream')])
  const options = { chunkSize: CHUNK_BYTES }
  const plain = compression === 'gzip' ? zlib.createGunzip(options) : zlib.createZstdDecompress(options)
  const source = Readable.from(chunksOf(file, compression), { objectMode: false, highWaterMark: CHUNK_BYTES })
  source.once('error', (error) => plain.destroy(error))
  source.pipe(plain)
  return plain[Symbol.asyncIterator]()
}

function* chunksOf(file: InputReader, compression: FileCompression): Generator<Uint8Array> {
  const walker = compression === 'zstd' ? new ZstdFrameWalker() : undefined
  for (;;) {
    const chunk = new Uint8Array(CHUNK_BYTES)
    const bytes = file.readInto(chunk)
    if (bytes <= 0) break
    walker?.push(chunk.subarray(0, bytes))
    yield chunk.subarray(0, bytes)
  }
  const fault = walker?.fault()
  if (fault !== undefined) throw new InputError(`cannot read ${file.name} (${compression}): ${fault}`)
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return bytes.length >= start.length && start.every((byte, index) => bytes[index] === byte)
}
