import { DiskError } from '../base/errors.ts'
import type { OpenFile } from '../disk/file-system.ts'
import type { FileRange } from './file-range.ts'

/** Part of a segment that is on its way to a client or a follower: sent from the file, or read into `target`. The file must stay open until then. */
export class FileBytes {
  readonly #file: OpenFile
  readonly #position: number
  readonly #target: Uint8Array
  #isDone = false

  constructor({ file, position }: FileRange, target: Uint8Array) {
    this.#file = file
    this.#position = position
    this.#target = target
  }

  /** Sends `head`, and them behind it, as far as the system takes them at once, and reads the rest. Returns how many bytes of both were sent. */
  sendTo(socket: number, head: Uint8Array): number {
    if (this.#isDone) return 0
    const sent = this.#file.sendTo(socket, head, this.#position, this.#target.length)
    this.#read(Math.max(0, sent - head.length))
    return sent
  }

  /** Reads them, unless that was done. */
  fill(): void {
    if (!this.#isDone) this.#read(0)
  }

  #read(from: number): void {
    const rest = this.#target.subarray(from)
    const read = rest.length === 0 ? 0 : this.#file.read(rest, this.#position + from)
    if (read < rest.length) throw new DiskError('read', this.#file.path, new Error('the file is shorter than it was'))
    this.#isDone = true
  }
}
