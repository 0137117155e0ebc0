import type { Offset } from '../base/brands.ts'
import { UsageError } from '../base/errors.ts'
import { compressionLevels } from '../record/codec.ts'
import { directoryOwner, refuseUnreadable } from '../storage/directory-ownership.ts'
import { partitionDirectoryName } from '../storage/file-names.ts'
import { LogDirectory, type LogDirectoryOptions, type Topic } from '../storage/log-directory.ts'
import type { RecompressionTarget } from '../storage/recompression.ts'
import { type PlannedRetention, RetentionPlanner } from '../storage/retention.ts'
import { type AppliedRetention, applyRetention } from '../storage/retention-run.ts'
import { TopicCatalog } from '../storage/topic-catalog.ts'
import type { OptionsOf } from './command-spec.ts'
import { canAsk, isConfirmed } from './confirmation.ts'
import type { CliContext } from './context.ts'
import { ExitCode, exitCodeOf } from './exit-code.ts'
import { humanBytes } from './format/human-units.ts'
import { wholeDirectoryOptions } from './open-store.ts'
import {
  carriedOut,
  printRetentionJson,
  printSegments,
  type RetentionReport,
  totalsOf,
  totalsText,
} from './retention/retention-report.ts'
import type { RecompressedTotals } from './retention/recompression-run.ts'
import { heldText } from './retention/segment-reasons.ts'
import { counted, say, warn } from './results.ts'
import type { retentionSpec } from './specs/retention.ts'
import { type Budget, parseBudget } from './values/budget.ts'
import { parseCodec } from './values/codec.ts'
import { parseTopicWeights, type TopicWeights } from './values/topic-weights.ts'

export type RetentionOptions = OptionsOf<typeof retentionSpec>

/** Deletes the segments that the configuration of their topics, or a budget, no longer leaves room for. */
export async function retention(options: RetentionOptions, context: CliContext): Promise<number> {
  const limits = wishesOf(options)
  refuseUnasked(options, context)
  const location = await wholeDirectoryOptions(options, context)
  refuseUnreadable(location.path, directoryOwner(location.fileSystem, location.path))
  // With threads and codecs, which only this needs.
  const recompression = limits.recompress && (await import('./retention/recompression-run.ts'))
  const directory = options.dryRun ? LogDirectory.openToRead(location) : openBesideServers(location)
  try {
    return await new RetentionCommand({ options, context, location, directory, limits, recompression }).run()
  } finally {
    directory.close()
  }
}

/** A server goes on meanwhile: nothing is appended here, and segments go under the lock that it takes too. */
function openBesideServers(location: LogDirectoryOptions): LogDirectory {
  return LogDirectory.openToWrite({ ...location, isServer: true })
}

interface Wishes {
  readonly budget: Budget | undefined
  readonly weights: TopicWeights
  readonly recompress: RecompressionTarget | undefined
}

function wishesOf({ budget, weight, topics, recompress: codec }: RetentionOptions): Wishes {
  const weights = parseTopicWeights(weight, '--weight')
  if (budget === undefined && weights.size > 0) {
    throw new UsageError('--weight is nothing without --budget', {
      hint: 'tslog retention --budget 20GiB --weight audit=5',
    })
  }
  if (budget !== undefined && topics.length > 0) {
    throw new UsageError('--budget is for the whole directory: it takes no TOPIC', {
      hint: 'tslog retention --budget 20GiB; --weight TOPIC=N lets a topic keep its records longer',
    })
  }
  return {
    budget: budget === undefined ? undefined : parseBudget(budget, '--budget'),
    weights,
    recompress: codec === undefined ? undefined : recompressionTarget(codec),
  }
}

function recompressionTarget(text: string): RecompressionTarget {
  const { codec, level } = parseCodec(text, '--recompress')
  if (codec === 'none') {
    throw new UsageError('--recompress none would only make the log larger', {
      hint: 'tslog retention --recompress zstd:19',
    })
  }
  return { codec, level: level ?? compressionLevels(codec)?.default ?? 0 }
}

/** Before anything is looked at: what a cron job forgot must not come out on the day that there is something to delete. */
function refuseUnasked({ budget, dryRun, yes }: RetentionOptions, context: CliContext): void {
  if (budget === undefined || dryRun || yes || canAsk(context)) return
  throw new UsageError(
    '--budget deletes beyond what the policies say, and there is no terminal to ask on: --yes is needed',
    {
      hint: `tslog retention --budget ${budget} --yes`,
    },
  )
}

interface Surroundings {
  readonly options: RetentionOptions
  readonly context: CliContext
  readonly location: LogDirectoryOptions
  readonly directory: LogDirectory
  readonly limits: Wishes
  readonly recompression: typeof import('./retention/recompression-run.ts') | undefined
}

const nothing: ReadonlySet<Offset> = new Set()

/** So many partitions are open at a time, each with a handful of files. */
const partitionsAtOnce = 64

class RetentionCommand {
  readonly #surroundings: Surroundings
  readonly #now: number
  /** What is to be recompressed, by partition. */
  readonly #due = new Map<string, ReadonlySet<Offset>>()

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
    this.#now = surroundings.context.clock.now()
  }

  async run(): Promise<number> {
    const { planned, overBytes } = this.#withinBudget(this.#plan())
    this.#warnOfHeld(planned)
    if (overBytes > 0) this.#warnOfBudget(overBytes)
    for (const one of planned) this.#due.set(partitionDirectoryName(one), this.#recompressible(one))
    if (this.#surroundings.options.dryRun) return this.#dryRun(planned, overBytes)
    if (await this.#isConfirmed(planned)) return this.#carryOut(planned, overBytes)
    this.#say('nothing was deleted')
    return ExitCode.failed
  }

  async #dryRun(planned: readonly PlannedRetention[], overBytes: number): Promise<number> {
    await this.#report({ planned, applied: undefined })
    const segments = this.#dueSegments()
    const more = segments > 0 ? `, and recompress ${counted(segments, 'segment')}` : ''
    this.#say(`would delete ${totalsText(totalsOf(planned))}${more}`)
    return this.#exitCode(planned, overBytes)
  }

  async #carryOut(planned: readonly PlannedRetention[], overBytes: number): Promise<number> {
    const { limits, recompression, options } = this.#surroundings
    // What is told of segments is read before they go.
    if (options.json) for (const segment of planned.flatMap(({ plan }) => plan.deletions)) segment.segment.timestamp()
    const applied = await this.#apply(planned)
    const done = applied.map(carriedOut)
    this.#say(`deleted ${totalsText(totalsOf(done))}`)
    const totals = limits.recompress && (await recompression?.recompress(this.#surroundings, done, limits.recompress))
    if (totals !== undefined && totals.segments > 0) this.#say(recompression?.recompressedText(totals) ?? '')
    await this.#report({ planned: done, applied }, totals)
    return this.#failures(applied, totals) ?? this.#exitCode(done, overBytes)
  }

  #recompressible(planned: PlannedRetention): ReadonlySet<Offset> {
    const { limits, recompression } = this.#surroundings
    if (limits.recompress === undefined || recompression === undefined) return nothing
    return recompression.recompressible(this.#surroundings, planned, limits.recompress)
  }

  #dueSegments(): number {
    let segments = 0
    for (const due of this.#due.values()) segments += due.size
    return segments
  }

  #plan(): PlannedRetention[] {
    const { directory, location } = this.#surroundings
    const planner = new RetentionPlanner(directory, location)
    const partitions = Map.groupBy(directory.partitions(), ({ topic }) => topic)
    return this.#topics().flatMap((topic) =>
      (partitions.get(topic.name) ?? []).map(({ partition }) => planner.plan(topic, partition)),
    )
  }

  /** A topic that was copied into a directory of ours has no configuration, and the default would delete it. */
  #topics(): Topic[] {
    const { options, directory, location } = this.#surroundings
    const topics =
      options.topics.length === 0
        ? directory.topics()
        : [...new Set(options.topics)].map((name) => directory.topic(name))
    const catalog = new TopicCatalog(location.fileSystem, location.path).read()
    return topics.filter(({ name, isInternal }) => {
      if (catalog === undefined || catalog.has(name) || isInternal) return true
      this.#warn(
        `${name} is left alone: its retention is not known; tslog topics alter ${name} -c retention.ms=... sets it`,
      )
      return false
    })
  }

  #withinBudget(planned: PlannedRetention[]): { planned: readonly PlannedRetention[]; overBytes: number } {
    const { directory, location, limits } = this.#surroundings
    const { budget, weights } = limits
    if (budget === undefined) return { planned, overBytes: 0 }
    const { path, fileSystem } = location
    const bytes = budget.kind === 'bytes' ? budget.bytes : Math.floor(fileSystem.space(path).totalBytes * budget.share)
    for (const topic of weights.keys()) directory.topic(topic)
    return new RetentionPlanner(directory, location).planBudget(planned, bytes, (topic) => weights.get(topic) ?? 1)
  }

  #warnOfHeld(planned: readonly PlannedRetention[]): void {
    for (const { topic, partition, plan } of planned) {
      if (plan.held === undefined) continue
      const { segment, timestamp, reason } = plan.held
      const remedy =
        reason === 'damaged'
          ? `tslog repair ${topic}`
          : `tslog topics trim ${topic} -p ${partition} -o ${segment.endOffset}`
      this.#warn(
        `${topic}:${partition} is held back by segment ${segment.baseOffset}: ${heldText(timestamp, this.#now)}; ${remedy} would end that`,
      )
    }
  }

  #warnOfBudget(overBytes: number): void {
    this.#warn(
      `${humanBytes(overBytes)} remain over the budget: only active segments and topics that are compacted are left`,
    )
  }

  async #isConfirmed(planned: readonly PlannedRetention[]): Promise<boolean> {
    const { options, context } = this.#surroundings
    if (!planned.some(({ plan }) => plan.deletions.some(({ reason }) => reason === 'budget'))) return true
    const text = `Delete ${totalsText(totalsOf(planned))}, to keep within --budget ${options.budget}?`
    return isConfirmed({ text, example: `tslog retention --budget ${options.budget} --yes`, yes: options.yes }, context)
  }

  async #apply(planned: readonly PlannedRetention[]): Promise<AppliedRetention[]> {
    const { directory, location } = this.#surroundings
    const applied: AppliedRetention[] = []
    for (let start = 0; start < planned.length; start += partitionsAtOnce) {
      const some = planned.slice(start, start + partitionsAtOnce)
      applied.push(...(await applyRetention(directory, some, location)))
      for (const partition of some) directory.closeLog(partition)
    }
    return applied
  }

  /** What failed, in words; the exit code if anything did. */
  #failures(applied: readonly AppliedRetention[], totals: RecompressedTotals | undefined): number | undefined {
    const failures = applied.flatMap(({ failure, planned }) => (failure === undefined ? [] : [{ failure, planned }]))
    for (const { failure, planned } of failures) {
      warn(`${planned.topic}:${planned.partition}: ${failure.message}`, { quiet: false }, this.#surroundings.context)
    }
    const codes = new Set([...failures.map(({ failure }) => failure), ...(totals?.failures ?? [])].map(exitCodeOf))
    if (totals !== undefined && totals.damaged > 0) codes.add(ExitCode.damaged)
    const [code, ...others] = codes
    return others.length > 0 ? ExitCode.failed : code
  }

  async #report(report: Pick<RetentionReport, 'planned' | 'applied'>, totals?: RecompressedTotals): Promise<void> {
    const { options, context, location, recompression } = this.#surroundings
    const recompressed = (planned: PlannedRetention): ReadonlySet<Offset> =>
      this.#due.get(partitionDirectoryName(planned)) ?? nothing
    const whole = { ...report, isExplained: options.explain, now: this.#now, recompressed }
    const more = totals && recompression?.recompressedJson(totals)
    if (options.json) printRetentionJson(location.path, whole, context, more)
    else if (options.dryRun || options.explain) await printSegments(whole, options, context)
  }

  #exitCode(planned: readonly PlannedRetention[], overBytes: number): number {
    if (overBytes > 0) return ExitCode.failed
    const { segments, rolls } = totalsOf(planned)
    const isNothing = segments + rolls + this.#dueSegments() === 0
    return this.#surroundings.options.exitCode && isNothing ? ExitCode.nothing : ExitCode.done
  }

  #say(text: string): void {
    say(text, this.#surroundings.options, this.#surroundings.context)
  }

  #warn(text: string): void {
    warn(text, this.#surroundings.options, this.#surroundings.context)
  }
}
