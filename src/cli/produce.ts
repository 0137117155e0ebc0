import { directoryWriting } from '../store/directory-writing.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import { jsonText } from './format/json-document.ts'
import { openStore } from './open-store.ts'
import { OutputStream, ReaderGoneError } from './output.ts'
import { BatchOutlet } from './produce/batch-outlet.ts'
import { BatchSink } from './produce/batch-sink.ts'
import { openByteSource } from './produce/byte-source.ts'
import type { Feeder } from './produce/feeder.ts'
import { InputLoop, type InputEnd } from './produce/input-loop.ts'
import { InputProgress } from './produce/input-progress.ts'
import { LineFeeder, refuseKeyless } from './produce/line-feeder.ts'
import { PartitionChooser } from './produce/partition-chooser.ts'
import type { RatePace } from './produce/rate-pace.ts'
import { type ProduceSettings, produceSettings } from './produce/settings.ts'
import { sizeLimitName } from './produce/size-limits.ts'
import { counted } from './results.ts'
import { exitCodeOfSignal, SignalWatch } from './signals.ts'
import type { produceSpec } from './specs/produce.ts'
import { assertStdoutIsOpen, writeMessage, writeText } from './standard-streams.ts'

export type ProduceOptions = OptionsOf<typeof produceSpec>

/** `tslog produce`: records in. Resolves to the exit code; throws what the user must hear. */
export async function produce(options: ProduceOptions, context: CliContext): Promise<number> {
  const { clock } = context
  const startedMs = clock.now()
  const settings = produceSettings(options, startedMs)
  if (settings.tees || options.json) assertStdoutIsOpen()
  const store = await openStore(options, context, directoryWriting)
  try {
    const sink = await BatchSink.open(store, settings, clock)
    using run = new ProduceRun(options, settings, { context, sink, startedMs })
    const end = await run.all()
    await sink.finish()
    run.report(end)
    const signal = run.signal
    return signal === undefined ? 0 : exitCodeOfSignal[signal]
  } finally {
    store.close()
  }
}

function leftOut({ count, first }: BatchOutlet['skipped'], limit: string): string {
  return `left out ${counted(count, 'record')} over ${limit}: ${first}${count > 1 ? ' and others' : ''}`
}

interface ProduceWorld {
  readonly context: CliContext
  readonly sink: BatchSink
  readonly startedMs: number
}

class ProduceRun implements Disposable {
  readonly #options: ProduceOptions
  readonly #settings: ProduceSettings
  readonly #context: CliContext
  readonly #sink: BatchSink
  readonly #outlet: BatchOutlet
  readonly #signals = new SignalWatch()
  readonly #names: readonly string[]
  readonly #progress: InputProgress
  readonly #startedMs: number
  #unfinishedBytes = 0

  constructor(options: ProduceOptions, settings: ProduceSettings, world: ProduceWorld) {
    this.#startedMs = world.startedMs
    this.#options = options
    this.#settings = settings
    this.#context = world.context
    this.#sink = world.sink
    this.#outlet = new BatchOutlet(world.sink, settings)
    this.#names = settings.files.length === 0 ? ['-'] : settings.files
    const { quiet } = options
    this.#progress = new InputProgress({ names: this.#names, quiet, tees: settings.tees }, world.context)
  }

  [Symbol.dispose](): void {
    this.#progress[Symbol.dispose]()
    this.#signals[Symbol.dispose]()
  }

  get signal(): keyof typeof exitCodeOfSignal | undefined {
    return this.#signals.pending()
  }

  /** Reads every input; `signal` when one was stopped by a signal, what had been read being in the log. */
  async all(): Promise<InputEnd> {
    refuseKeyless(this.#settings, this.#sink.config.cleanupPolicy)
    const pace = await this.#pace()
    this.#outlet.pace = pace === undefined ? undefined : () => this.#hold(pace)
    const feeder = await this.#feeder(pace?.recordsPerBatch)
    const loop = new InputLoop({
      feeder,
      outlet: this.#outlet,
      sink: this.#sink,
      signals: this.#signals,
      clock: this.#context.clock,
      lingerMs: this.#settings.lingerMs,
      tee: this.#tee(),
      onProgress: (bytesRead) => this.#progress.update(bytesRead, this.#sink.records),
    })
    try {
      const end = await this.#readAll(loop, feeder)
      await this.#outlet.drain()
      return end
    } catch (error) {
      await this.#keepWhatCame(feeder)
      throw error
    } finally {
      this.#outlet.close()
      this.#progress.clear()
    }
  }

  async #readAll(loop: InputLoop, feeder: Feeder): Promise<InputEnd> {
    for (const name of this.#names) {
      const source = await openByteSource(name)
      if (source.isTerminal) this.#say('reading records from the terminal, one a line; Ctrl-D ends')
      feeder.begin(name)
      const end = await loop.run(source)
      await source.close()
      this.#progress.ended(source.bytesRead)
      if (end === 'end') continue
      this.#unfinishedBytes = feeder.pendingBytes
      await feeder.flush()
      return end
    }
    return 'end'
  }

  async #feeder(recordsMax = 2 ** 31 - 1): Promise<Feeder> {
    const { partition, partitioner } = this.#settings
    const { random, clock } = this.#context
    const chooser = new PartitionChooser({ partition, partitioner, partitions: this.#sink, random })
    const options = { settings: this.#settings, outlet: this.#outlet, chooser, clock, recordsMax }
    if (LineFeeder.takes(this.#settings, chooser)) return new LineFeeder(options)
    const { RecordFeeder } = await import('./produce/record-feeder.ts')
    return new RecordFeeder(options)
  }

  async #pace(): Promise<RatePace | undefined> {
    if (this.#settings.rate === Infinity) return undefined
    const { RatePace: Pace } = await import('./produce/rate-pace.ts')
    return new Pace(this.#settings.rate, this.#context.clock)
  }

  #hold(pace: RatePace): Promise<void> {
    this.#progress.appended(this.#sink.records)
    return pace.hold(this.#sink.records, this.#signals)
  }

  /** When the reader of the copy goes away, producing goes on. */
  #tee(): ((bytes: Uint8Array) => Promise<void>) | undefined {
    if (!this.#settings.tees) return undefined
    const output = new OutputStream(this.#context.stdout)
    let isOpen = true
    return async (bytes) => {
      if (!isOpen) return
      try {
        output.write(bytes)
        do {
          if (output.isInterrupted) await this.#signals.turn()
          // A reader that takes nothing must not keep us from stopping: the records count, not the copy.
          if (this.#signals.pending() !== undefined) isOpen = false
        } while (isOpen && !output.flush())
      } catch (error) {
        if (!(error instanceof ReaderGoneError)) throw error
        isOpen = false
      }
    }
  }

  /** After a failure: what came before it is appended where that is still possible, and how far it came is said. */
  async #keepWhatCame(feeder: Feeder): Promise<void> {
    if (!this.#sink.hasFailed) {
      await feeder.flush()
      await this.#outlet.drain()
      await this.#sink.finish()
    }
    if (this.#sink.records === 0) return
    if (!this.#options.json) this.#say(`${counted(this.#sink.records, 'record')} went in before this`)
    // Not where it is open what the disk has of it.
    else if (!this.#sink.hasFailed) writeMessage(this.#context.stdout, this.#summary())
  }

  report(end: InputEnd): void {
    const { skipped } = this.#outlet
    if (skipped.count > 0) this.#say(leftOut(skipped, sizeLimitName(this.#outlet.config)))
    if (this.#unfinishedBytes > 0) this.#say(`left out ${this.#unfinishedBytes} bytes of a record that had not ended`)
    if (this.#options.json) writeText(this.#context.stdout, this.#summary())
    const isWanted = this.#options.verbose || end === 'signal' || this.#context.isTerminal(this.#context.stderr)
    if (!isWanted || this.#options.json) return
    const { records, payloadBytes } = this.#sink
    this.#say(
      `${counted(records, 'record')}, ${payloadBytes} bytes to ${this.#settings.topic} in ${this.#elapsedMs} ms`,
    )
  }

  get #elapsedMs(): number {
    return this.#context.clock.now() - this.#startedMs
  }

  /** One JSON document, and a newline. */
  #summary(): string {
    const partitions = this.#sink.partitions.map(({ partition, firstOffset, lastOffset }) => ({
      partition,
      firstOffset,
      lastOffset,
    }))
    const { records, payloadBytes: bytes } = this.#sink
    const { topic } = this.#settings
    return `${jsonText({ topic, records, bytes, partitions, elapsedMs: this.#elapsedMs })}\n`
  }

  #say(text: string): void {
    this.#progress.clear()
    if (!this.#options.quiet) writeMessage(this.#context.stderr, `tslog: ${text}\n`)
  }
}
