/** Cuts a stream of bytes into records at a delimiter of any length; without one, the whole input is one record. */
export class RecordSplitter {
  readonly #delimiter: Uint8Array
  #buffer: Uint8Array
  #start = 0
  #searched = 0
  #end = 0

  constructor(delimiter: Uint8Array, bytes = 128 * 1024) {
    this.#delimiter = delimiter
    this.#buffer = new Uint8Array(bytes)
  }

  /** Where the next read goes; never empty. */
  get free(): Uint8Array {
    if (this.#start > 0 && this.#end === this.#buffer.length) this.#moveToFront()
    if (this.#end === this.#buffer.length) this.#grow()
    return this.#buffer.subarray(this.#end)
  }

  /** Bytes of a record that has not ended. */
  get pendingBytes(): number {
    return this.#end - this.#start
  }

  filled(bytes: number): void {
    this.#end += bytes
  }

  /** The next whole record, valid until `free` is asked for; `undefined` when its end has not come. */
  next(): Uint8Array | undefined {
    const found = this.#find()
    if (found < 0) return undefined
    const record = this.#buffer.subarray(this.#start, found)
    this.#start = found + this.#delimiter.length
    this.#searched = this.#start
    return record
  }

  /** What is left at the end of the input; `undefined` when the last record was ended by its delimiter. */
  rest(): Uint8Array | undefined {
    if (this.pendingBytes === 0) return undefined
    const record = this.#buffer.subarray(this.#start, this.#end)
    this.drop()
    return record
  }

  /** Throws away what is pending. */
  drop(): void {
    this.#start = 0
    this.#searched = 0
    this.#end = 0
  }

  #find(): number {
    const length = this.#delimiter.length
    if (length === 0) return -1
    const bytes = Buffer.from(this.#buffer.buffer, this.#buffer.byteOffset, this.#end)
    const found = bytes.indexOf(this.#delimiter, this.#searched)
    if (found < 0) this.#searched = Math.max(this.#start, this.#end - length + 1)
    return found
  }

  #moveToFront(): void {
    this.#buffer.copyWithin(0, this.#start, this.#end)
    this.#end -= this.#start
    this.#searched -= this.#start
    this.#start = 0
  }

  #grow(): void {
    const larger = new Uint8Array(this.#buffer.length * 2)
    larger.set(this.#buffer.subarray(0, this.#end))
    this.#buffer = larger
  }
}
