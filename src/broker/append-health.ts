import type { DiskError } from '../base/errors.ts'

export interface AppendHealthOptions {
  /** What is left on the disk, in bytes. Throws nothing. */
  readonly freeBytes: () => number
  /** A clock that never jumps, in ms. */
  readonly elapsedMs: () => number
  /** Told what the disk says to appends when that is news; `undefined` when it takes them again. */
  readonly onChange: (failure: DiskError | undefined) => void
}

/** A full disk is left alone for so long at least, in ms: each try opens the log anew. */
const restMs = 100

/** After so long it is tried again even if nobody seems to have made room, in ms: a quota, or a want of inodes, does not show. */
const blindMs = 5_000

/** Whether the disk takes the appends to one partition; on a full one they are refused without a look at the log until there may be room again. */
export class AppendHealth {
  readonly #options: AppendHealthOptions
  #failure: { readonly error: DiskError; readonly sinceMs: number; readonly freeBytes: number } | undefined

  constructor(options: AppendHealthOptions) {
    this.#options = options
  }

  /** What the last append met, if it was not taken. */
  get failure(): DiskError | undefined {
    return this.#failure?.error
  }

  failed(error: DiskError): void {
    const { elapsedMs, freeBytes, onChange } = this.#options
    const before = this.#failure?.error
    this.#failure = { error, sinceMs: elapsedMs(), freeBytes: freeBytes() }
    if (before?.isWantOfRoom !== error.isWantOfRoom) onChange(error)
  }

  succeeded(): void {
    if (this.#failure === undefined) return
    this.#failure = undefined
    this.#options.onChange(undefined)
  }

  /** What the last append met, while another one would find no more room than that. */
  refusal(): DiskError | undefined {
    if (this.#failure?.error.isWantOfRoom !== true) return undefined
    const { error, sinceMs, freeBytes } = this.#failure
    const restedMs = this.#options.elapsedMs() - sinceMs
    const isInVain = restedMs < restMs || (restedMs < blindMs && this.#options.freeBytes() <= freeBytes)
    return isInVain ? error : undefined
  }
}
