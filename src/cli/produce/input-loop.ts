import type { Clock } from '../../base/clock.ts'
import type { WaitResult } from '../descriptor-waits.ts'
import { NOTHING_YET } from '../input.ts'
import type { SignalWatch } from '../signals.ts'
import type { BatchOutlet } from './batch-outlet.ts'
import type { BatchSink } from './batch-sink.ts'
import type { ByteSource } from './byte-source.ts'
import type { Feeder } from './feeder.ts'

export interface InputLoopOptions {
  readonly feeder: Feeder
  readonly outlet: BatchOutlet
  readonly sink: BatchSink
  readonly signals: SignalWatch
  readonly clock: Clock
  readonly lingerMs: number
  /** Sees every byte read (`-T`). */
  readonly tee: ((bytes: Uint8Array) => Promise<void>) | undefined
  /** Called before each turn of the event loop with the bytes read so far of this input. */
  readonly onProgress: (bytesRead: number) => void
}

/** How an input ended. */
export type InputEnd = 'end' | 'signal'

/** So much is read before the event loop gets a turn, so that a signal is seen while data pours in. */
const bytesPerTurn = 4 * 1024 * 1024
/** However bytes trickle in, a record is not held back longer than this many lingers... */
const lingersMax = 4
/** ...or this long, in ms. */
const heldMsMax = 20
/** So long a signal may go unseen, in ms. */
const napMsMax = 200

/**
 * Reads an input to its end and keeps the promises about time: an open batch is appended when nothing came for the linger, an
 * interval sync happens when it is due, a signal stops the reading at a record border.
 */
export class InputLoop {
  readonly #options: InputLoopOptions
  /** When the oldest record of an open batch came. */
  #openSinceMs: number | undefined
  /** Batches of the outlet when that was seen: another one since, and the open batch is a younger one. */
  #openAfterBatches = 0
  #bytesSinceTurn = 0
  /** When the event loop last had its turn: small records that wait for the disk take long, however few bytes they are. */
  #turnMs = 0

  constructor(options: InputLoopOptions) {
    this.#options = options
  }

  async run(source: ByteSource): Promise<InputEnd> {
    const { feeder, signals } = this.#options
    for (;;) {
      if (signals.pending() !== undefined) return 'signal'
      const waited = await this.#wait(source)
      if (waited === 'interrupted') await this.#turn(source)
      else if (waited === 'timeout') await this.#idle()
      else if ((await this.#readOnce(source)) === 0) break
    }
    await feeder.endInput()
    return 'end'
  }

  /** Waits in naps: a signal that comes right before a wait does not end it, and is seen after the nap. */
  async #wait(source: ByteSource): Promise<WaitResult> {
    const { signals } = this.#options
    const limitMs = this.#timeoutMs()
    let waitedMs = 0
    do {
      const napMs = limitMs < 0 ? napMsMax : Math.min(limitMs - waitedMs, napMsMax)
      const waited = source.waitReadable(napMs)
      if (waited !== 'timeout') return waited
      await this.#turn(source)
      if (signals.pending() !== undefined) return 'interrupted'
      waitedMs += napMs
    } while (limitMs < 0 || waitedMs < limitMs)
    return 'timeout'
  }

  /** Reads once; 0 at the end. */
  async #readOnce(source: ByteSource): Promise<number> {
    const { feeder, tee } = this.#options
    const target = feeder.free
    const read = source.readInto(target)
    const bytes = typeof read === 'number' ? read : await read
    if (bytes === NOTHING_YET) await this.#options.signals.turn()
    if (bytes <= 0) return bytes
    await tee?.(target.subarray(0, bytes))
    await feeder.filled(bytes)
    await this.#afterRead(source, bytes)
    return bytes
  }

  async #afterRead(source: ByteSource, bytes: number): Promise<void> {
    const { sink, outlet } = this.#options
    if (this.#isHeldTooLong()) await this.#flush()
    if (outlet.hasPending) await outlet.collect()
    if (sink.syncDueMs === 0) await sink.sync()
    this.#bytesSinceTurn += bytes
    const now = this.#options.clock.now()
    if (this.#bytesSinceTurn < bytesPerTurn && Math.abs(now - this.#turnMs) < napMsMax) return
    this.#bytesSinceTurn = 0
    this.#turnMs = now
    await this.#turn(source)
  }

  /** A turn of the event loop, where signals are seen; one that asks how far the work is gets what is true now. */
  #turn(source: ByteSource): Promise<void> {
    this.#options.onProgress(source.bytesRead)
    return this.#options.signals.turn()
  }

  /** Whether the open batch waits no longer for records to come. */
  #isHeldTooLong(): boolean {
    const { feeder, outlet, clock, lingerMs } = this.#options
    if (!feeder.hasOpenBatch) return false
    if (lingerMs === 0) return true
    const now = clock.now()
    if (this.#openAfterBatches !== outlet.batches) this.#openSinceMs = undefined
    this.#openAfterBatches = outlet.batches
    this.#openSinceMs ??= now
    return now - this.#openSinceMs > Math.max(lingerMs * lingersMax, heldMsMax)
  }

  async #idle(): Promise<void> {
    await this.#flush()
    await this.#options.outlet.drain()
    if (this.#options.sink.syncDueMs === 0) await this.#options.sink.sync()
  }

  async #flush(): Promise<void> {
    await this.#options.feeder.flush()
    this.#openSinceMs = undefined
  }

  /** How long to wait for input: until the linger or the next sync is over, or without end. */
  #timeoutMs(): number {
    const { feeder, outlet, sink, lingerMs } = this.#options
    const flushMs = feeder.hasOpenBatch || outlet.hasPending ? lingerMs : undefined
    const syncMs = sink.syncDueMs
    if (flushMs === undefined) return syncMs ?? -1
    return syncMs === undefined ? flushMs : Math.min(flushMs, syncMs)
  }
}
