/** A file's content in memory. What lies between the old end and a write beyond it reads as zeros, as in a file. */
export class GrowableBytes {
  #bytes = new Uint8Array(0)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Copies from `position` into `target`; returns the bytes copied, fewer than asked at the end. */
  read(target: Uint8Array, position: number): number {
    const part = this.#bytes.subarray(position, Math.min(this.#size, position + target.length))
    target.set(part)
    return part.length
  }

  write(source: Uint8Array, position: number): void {
    if (source.length === 0) return
    this.#reserve(position + source.length)
    this.#bytes.set(source, position)
    this.#size = Math.max(this.#size, position + source.length)
  }

  truncate(size: number): void {
    this.#reserve(size)
    if (size < this.#size) this.#bytes.fill(0, size, this.#size)
    this.#size = size
  }

  copy(): GrowableBytes {
    const copy = new GrowableBytes()
    copy.#bytes = this.#bytes.slice(0, this.#size)
    copy.#size = this.#size
    return copy
  }

  /** Doubles, so that many small appends cost little; what is beyond the size stays zero. */
  #reserve(capacity: number): void {
    if (capacity <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(capacity, this.#bytes.length * 2, 4096))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}
