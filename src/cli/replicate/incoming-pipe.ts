import { closeSync, read, readSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { nativeCalls } from '../../disk/native-calls.ts'
import type { ByteStreamEvents } from '../../network/byte-stream.ts'
import { isNotYet, notYetMs, pipeBytes } from './outgoing-pipe.ts'

/** So much is read at a time while nobody says where it is to go, in bytes. */
const chunkBytes = 16 * 1024

/** While so many bytes are missing of what has begun to come, the next ones are waited for on the spot, so long at most: a turn for each takes longer. */
const muchBytes = 64 * 1024
const patienceMs = 1

/** A link that brings less at a time is slow: nothing else is kept waiting for it. */
const pieceBytesMin = 8 * 1024

/** The end of a pipe that is read: at once while there is something, else another thread waits for it. */
export class IncomingPipe {
  readonly #fd: number
  readonly #events: ByteStreamEvents
  #isClosed = false
  #isReading = false
  #resumed: Promise<void> | undefined
  #resume: (() => void) | undefined

  /** Takes `fd` over, and begins to read. */
  constructor(fd: number, events: ByteStreamEvents) {
    this.#fd = fd
    this.#events = events
    nativeCalls()?.setPipeSize(fd, pipeBytes)
    void this.#pump()
  }

  pause(): void {
    this.#resumed ??= new Promise((resolve) => (this.#resume = resolve))
  }

  resume(): void {
    this.#resume?.()
    this.#resumed = undefined
  }

  /** Reads no more. A read under way ends with the writer. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.resume()
    if (!this.#isReading) closeSync(this.#fd)
  }

  async #pump(): Promise<void> {
    let cause: unknown
    try {
      while (!this.#isClosed && (await this.#pass())) await this.#resumed
    } catch (error) {
      cause = error
    }
    if (this.#isClosed) return
    this.close()
    this.#events.onClose(cause)
  }

  /** Passes on what is there, waiting for it if need be; false at the end. */
  async #pass(): Promise<boolean> {
    const space = this.#events.space?.()
    const target = space ?? new Uint8Array(chunkBytes)
    const bytes = await this.#read(target)
    if (this.#isClosed || bytes === 0) return false
    this.#events.onBytes(target.subarray(0, space === undefined ? bytes : this.#readOn(target, bytes)))
    return true
  }

  /** Reads on behind the first `start` bytes of `target`, while more comes at once. Returns how many bytes there are now. */
  #readOn(target: Uint8Array, start: number): number {
    let end = start
    while (target.length - end >= muchBytes && nativeCalls()?.poll(this.#fd, 'readable', patienceMs) === 'ready') {
      const bytes = readSync(this.#fd, target, end, target.length - end, null)
      end += bytes
      if (bytes < pieceBytesMin) break
    }
    return end
  }

  async #read(target: Uint8Array): Promise<number> {
    if (nativeCalls()?.poll(this.#fd, 'readable', 0) === 'ready') {
      // Whoever waits for what came has a turn in between.
      await turn()
      return this.#isClosed ? 0 : readSync(this.#fd, target)
    }
    this.#isReading = true
    try {
      return await readSoon(this.#fd, target)
    } finally {
      this.#isReading = false
      if (this.#isClosed) closeSync(this.#fd)
    }
  }
}

function readSoon(fd: number, target: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, target, 0, target.length, null, (error, bytes) => {
      if (error === null) resolve(bytes)
      else if (isNotYet(error)) setTimeout(() => resolve(readSoon(fd, target)), notYetMs)
      else reject(error)
    })
  })
}
