import type { ByteSink } from '../../src/cli/output.ts'

/** Keeps all that is written to it. */
export class CollectingSink implements ByteSink {
  readonly #pieces: Buffer[] = []

  write(source: Uint8Array, start = 0, end = source.length): void {
    this.#pieces.push(Buffer.from(source.subarray(start, end)))
  }

  writeText(text: string): void {
    this.#pieces.push(Buffer.from(text))
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces)
  }

  get text(): string {
    return this.bytes.toString()
  }
}
