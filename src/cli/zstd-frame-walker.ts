/**
 * Follows the frames of a zstd file from their headers alone, piece by piece, without decompressing: tells whether the file
 * ends where a frame ends. Bun's decompressor takes a file that was cut short for a whole one, and both runtimes ignore
 * whatever follows a frame; each would lose records without a word.
 *
 * ```
 *   frame:     magic 28 b5 2f fd | descriptor 1 | window 0-1 | dictionary 0-4 | content size 0-8 | blocks | checksum 0 or 4
 *   block:     3 bytes: bit 0 last, bits 1-2 type (0 raw, 1 one byte repeated, 2 compressed), bits 3-23 size | content
 *   skippable: magic 50-5f 2a 4d 18 | size 4 | content
 * ```
 * Source: RFC 8878, section 3.
 */
export class ZstdFrameWalker {
  #state: 'magic' | 'skippable' | 'descriptor' | 'block' | 'bad' = 'magic'
  /** Bytes still to pass over before the next header begins. */
  #skip = 0
  /** The header being read, and how many bytes of it have come. */
  readonly #header = new Uint8Array(4)
  #headerBytes = 0
  #hasChecksum = false

  /** Takes the next bytes of the file. */
  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length && this.#state !== 'bad') {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, chunk.length - at)
        this.#skip -= passed
        at += passed
      } else {
        this.#header[this.#headerBytes++] = chunk[at++] ?? 0
        if (this.#headerBytes === headerSizes[this.#state]) this.#endHeader()
      }
    }
  }

  /** What is wrong with the file if it ends here; undefined when it may. */
  fault(): string | undefined {
    if (this.#state === 'bad') return 'neither a zstd frame nor the end of the file where one must be'
    const isBetweenFrames = this.#state === 'magic' && this.#headerBytes === 0 && this.#skip === 0
    return isBetweenFrames ? undefined : 'unexpected end of file'
  }

  #endHeader(): void {
    const header = this.#header
    const value = new DataView(header.buffer).getUint32(0, true)
    this.#headerBytes = 0
    switch (this.#state) {
      case 'magic':
        this.#state = frameKind(value)
        break
      case 'skippable':
        this.#skip = value
        this.#state = 'magic'
        break
      case 'descriptor':
        this.#startFrame(header[0] ?? 0)
        break
      case 'block':
        this.#startBlock(value & 0xff_ffff)
        break
      case 'bad':
        break
    }
  }

  #startFrame(descriptor: number): void {
    const isSingleSegment = (descriptor & 0x20) !== 0
    const sizeFlag = descriptor >>> 6
    const contentSizeBytes = sizeFlag === 0 ? Number(isSingleSegment) : 1 << sizeFlag
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0
    this.#hasChecksum = (descriptor & 4) !== 0
    this.#skip = Number(!isSingleSegment) + dictionaryBytes + contentSizeBytes
    this.#state = 'block'
  }

  #startBlock(header: number): void {
    const isLast = (header & 1) === 1
    const type = (header >>> 1) & 3
    this.#skip = type === 1 ? 1 : header >>> 3
    if (type === 3) this.#state = 'bad'
    else if (isLast) {
      this.#state = 'magic'
      if (this.#hasChecksum) this.#skip += 4
    }
  }
}

const headerSizes = { magic: 4, skippable: 4, descriptor: 1, block: 3, bad: 0 } as const

function frameKind(magic: number): 'descriptor' | 'skippable' | 'bad' {
  if (magic === 0xfd_2f_b5_28) return 'descriptor'
  return (magic & 0xff_ff_ff_f0) >>> 0 === 0x18_4d_2a_50 ? 'skippable' : 'bad'
}
