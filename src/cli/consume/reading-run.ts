import { UsageError } from '../../base/errors.ts'
import { fileCalls } from '../../disk/file-calls.ts'
import type { LogStore } from '../../store/log-store.ts'
import type { CliContext } from '../context.ts'
import { ExitCode } from '../exit-code.ts'
import { OutputStream, ReaderGoneError } from '../output.ts'
import { counted } from '../results.ts'
import { exitCodeOfSignal } from '../signals.ts'
import { endStartUp } from '../start-up.ts'
import { includesPartition } from '../values/partition-list.ts'
import { type BatchPrinter, RecordTally } from './batch-printer.ts'
import { CommitPace } from './commit-pace.ts'
import type { FollowedTopics } from './followed-topics.ts'
import type { GroupProgress } from './group-progress.ts'
import { LinePrinter } from './line-printer.ts'
import { PartitionReading } from './partition-reading.ts'
import { InOrderPass } from './print-in-order.ts'
import type { PrintingWorld } from './printing-world.ts'
import { RangePlan } from './range-plan.ts'
import { RecordPrinter } from './record-printer.ts'
import { recordRenderer } from './record-style.ts'
import { nameOf, ReadingReports } from './reports.ts'
import type { ReadingSettings } from './settings.ts'
import { tellPrintedOnSignal } from './status-signal.ts'
import { ReaderStuckError, StopConditions } from './stop-conditions.ts'

/**
 * Prints what `settings` ask for to standard output; resolves to the exit code. Throws `NotFoundError` for what is not there, `LockedError`
 * when another process consumes with the group, `OutputError` when standard output takes nothing.
 */
export async function readRecords(settings: ReadingSettings, store: LogStore, context: CliContext): Promise<number> {
  refuseBlindCommits(settings, context.stdout)
  const group = await joinGroup(settings, store)
  const tally = new RecordTally(settings.recordsMax)
  using stop = new StopConditions(tally, settings.timeoutMs)
  const run = new ReadingRun(settings, { store, context, group, tally, stop })
  using _ = tellPrintedOnSignal({ tally, output: run.output }, context)
  try {
    return await run.all()
  } catch (error) {
    if (error instanceof ReaderStuckError) return run.endStuck()
    if (!(error instanceof ReaderGoneError)) throw error
    run.sayReaderGone()
    return ExitCode.done
  } finally {
    run.close()
    await group?.release()
  }
}

/** What `-g --follow` prints into a pipe is not known to have been used by anybody: only a pace that was asked for may commit it. */
function refuseBlindCommits({ group, follows }: ReadingSettings, stdout: number): void {
  if (group === undefined || !follows || group.commitEveryMs !== undefined) return
  const { kind } = fileCalls().statusOf(stdout)
  if (kind !== 'pipe' && kind !== 'socket') return
  throw new UsageError('-g with --follow into a pipe needs --commit', {
    hint: '--commit every:5s commits every five seconds what the pipe has taken',
  })
}

/** A missing topic is said before anything is made for the group. */
async function joinGroup(settings: ReadingSettings, store: LogStore): Promise<GroupProgress | undefined> {
  const { group, topics, partitions } = settings
  if (group === undefined) return undefined
  for (const topic of topics) await store.topic(topic)
  const { GroupProgress } = await import('./group-progress.ts')
  return GroupProgress.join(store, group.groupId, { topics, choosesPartitions: partitions !== undefined })
}

interface RunWorld {
  readonly store: LogStore
  readonly context: CliContext
  readonly group: GroupProgress | undefined
  readonly tally: RecordTally
  readonly stop: StopConditions
}

/** Bytes that are asked of the kernel for the pipe on standard output: fewer changes between us and its reader. */
const pipeBytes = 1024 * 1024

/** One call of `consume` or `tail`. What only some calls do is loaded by those: groups, following, the order of times. */
class ReadingRun implements PrintingWorld {
  readonly output: OutputStream
  readonly stop: StopConditions
  readonly reports: ReadingReports
  readonly #settings: ReadingSettings
  readonly #world: RunWorld
  readonly #records: RecordPrinter
  readonly #printer: BatchPrinter
  readonly #inOrder: InOrderPass
  readonly #pace: CommitPace | undefined
  readonly #readings: PartitionReading[] = []

  constructor(settings: ReadingSettings, world: RunWorld) {
    const { context, tally, stop } = world
    const { style, filter, isUnbuffered, group } = settings
    this.#settings = settings
    this.#world = world
    this.stop = stop
    this.output = new OutputStream(context.stdout)
    this.reports = new ReadingReports(context.stderr, settings)
    const escapes = !settings.isRaw && context.isTerminal(context.stdout)
    const render = recordRenderer(style, this.output, escapes)
    this.#records = new RecordPrinter({ output: this.output, render, filter, tally, isUnbuffered })
    this.#printer = this.#linePrinter(escapes) ?? this.#records
    this.#inOrder = new InOrderPass(this.#printer, this)
    this.#pace = group?.commitEveryMs === undefined ? undefined : new CommitPace(group.commitEveryMs, context.clock)
  }

  async all(): Promise<number> {
    const { store } = this.#world
    const { follows, topics } = this.#settings
    const followed = follows ? await (await import('./followed-topics.ts')).FollowedTopics.of(topics, store) : undefined
    await this.#open()
    await this.#print()
    if (followed !== undefined) await this.#follow(followed)
    await this.#commitAtEnd()
    return this.#exitCode()
  }

  async #open(): Promise<void> {
    const { store, group } = this.#world
    const world = { group, reports: this.reports, memory: this.#printer }
    this.#readings.push(...(await new RangePlan(store, this.#settings, world).open()))
  }

  async #follow(followed: FollowedTopics): Promise<void> {
    endStartUp()
    const { followReadings } = await import('./follow-loop.ts')
    await followReadings(this.#readings, {
      clock: this.#world.context.clock,
      output: this.output,
      stop: this.stop,
      until: this.#settings.until,
      print: () => this.#print(),
      tick: () => this.#tick(),
      checkTopics: () => this.#checkTopics(followed),
    })
  }

  async #tick(): Promise<void> {
    await this.#commitIfDue()
    if (this.#world.group?.isStale === true) await this.#rejoin(this.#world.group)
  }

  /** What was printed is committed; then the partitions that are ours from now on are read, from where the group stands. */
  async #rejoin(group: GroupProgress): Promise<void> {
    this.#inOrder.flush()
    await this.stop.flush(this.output)
    await group.rejoin(this.#readings)
    this.close()
    this.#readings.length = 0
    await this.#open()
  }

  /** A partition that came while its topic is followed is read from its start, wherever the others began. */
  async #checkTopics(followed: FollowedTopics): Promise<void> {
    const { partitions, isolation } = this.#settings
    const { group } = this.#world
    const came = await followed.look(this.#readings)
    if (came.length > 0 && group?.isShared === true) return this.#rejoin(group)
    for (const added of came) {
      if (partitions !== undefined && !includesPartition(partitions, added.partition)) continue
      const source = await this.#world.store.openSource(added, isolation)
      const { logStartOffset: start } = await source.refresh()
      this.#readings.push(new PartitionReading(source, { start, end: start }, this.reports))
    }
  }

  meetMuch(): void {
    // What a group has read must not lie unread in a pipe, so that one stays small.
    if (this.#world.group === undefined) this.output.enlargePipe(pipeBytes)
  }

  async afterWindow(bytes: number): Promise<void> {
    await this.stop.pass(bytes)
    await this.#commitIfDue()
  }

  sayReaderGone(): void {
    if (this.#world.group === undefined) return
    this.reports.warn(
      'the reader of the output has gone: nothing more is committed (-c N ends after a number of records)',
    )
  }

  /** The time is over, and what is left is not taken: the record under way may be cut. Resolves to the exit code. */
  endStuck(): number {
    this.reports.warn(
      'the time of --timeout is over, and the reader of the output takes nothing: the rest is not printed',
    )
    return ExitCode.timeout
  }

  close(): void {
    for (const { source } of this.#readings) source.close()
  }

  /** The fast way, where values and a delimiter of one byte are all that is wanted. */
  #linePrinter(escapes: boolean): BatchPrinter | undefined {
    const { style, filter, isUnbuffered } = this.#settings
    if (style.kind !== 'values' || style.keyDelimiter !== undefined || style.delimiter.length !== 1) return undefined
    if (escapes || isUnbuffered || filter?.looksInside === true) return undefined
    return new LinePrinter({
      output: this.output,
      delimiter: style.delimiter[0] ?? 0,
      hasNullMarker: style.hasNullMarker,
      tally: this.#world.tally,
      filter,
      needsExactOffsets: this.#world.group !== undefined || this.#settings.isVerbose,
      records: this.#records,
    })
  }

  /** Prints and sends what lies below the ends that the readings have now. */
  async #print(): Promise<void> {
    const waiting = this.#readings.filter(({ isAtEnd }) => !isAtEnd)
    if (this.#settings.mergesByTime && waiting.length > 1) await this.#printMerged(waiting)
    else await this.#inOrder.print(waiting)
    await this.stop.flush(this.output)
  }

  async #printMerged(waiting: readonly PartitionReading[]): Promise<void> {
    const { printMerged } = await import('./print-merged.ts')
    await printMerged(waiting, this.#records, this)
  }

  async #commitIfDue(): Promise<void> {
    if (this.#pace?.takeDue() !== true) return
    this.#inOrder.flush()
    await this.stop.flush(this.output)
    await this.#world.group?.commit(this.#readings)
  }

  /**
   * Everything was flushed; but what a reader that has gone left in the pipe was for nobody, and a timeout is no clean end. Damage that was
   * passed over is: what could be read was.
   */
  async #commitAtEnd(): Promise<void> {
    const { group } = this.#world
    if (group === undefined || this.stop.cause === 'timeout') return
    if (this.output.isReaderGone()) throw new ReaderGoneError()
    await group.commit(this.#readings)
  }

  #exitCode(): number {
    const { cause } = this.stop
    if (cause === 'timeout') return ExitCode.timeout
    if (cause !== undefined && cause !== 'count') return exitCodeOfSignal[cause]
    if (this.reports.damageCount > 0) return ExitCode.damaged
    this.#sayEnds()
    return this.#settings.failsOnNothing && this.#world.tally.printed === 0 ? ExitCode.nothing : ExitCode.done
  }

  #sayEnds(): void {
    if (!this.#settings.isVerbose) return
    for (const { source, position } of this.#readings) {
      this.reports.warn(`${nameOf(source)}: read up to offset ${position}`)
    }
    this.reports.warn(`${counted(this.#world.tally.printed, 'record')} printed`)
  }
}
