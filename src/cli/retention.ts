import { UsageError } from '../base/errors.ts'
import { directoryOwner, refuseUnreadable } from '../storage/directory-ownership.ts'
import { LogDirectory, type LogDirectoryOptions, type Topic } from '../storage/log-directory.ts'
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
  printRetentionJson,
  printSegments,
  type RetentionReport,
  totalsOf,
  totalsText,
} from './retention/retention-report.ts'
import { heldText } from './retention/segment-reasons.ts'
import { say, warn } from './results.ts'
import type { retentionSpec } from './specs/retention.ts'
import { type Budget, parseBudget } from './values/budget.ts'
import { parseTopicWeights, type TopicWeights } from './values/topic-weights.ts'

export type RetentionOptions = OptionsOf<typeof retentionSpec>

/** Deletes the segments that the configuration of their topics, or a budget, no longer leaves room for. */
export async function retention(options: RetentionOptions, context: CliContext): Promise<number> {
  const limits = budgetOf(options)
  refuseUnasked(options, context)
  const location = await wholeDirectoryOptions(options, context)
  refuseUnreadable(location.path, directoryOwner(location.fileSystem, location.path))
  const directory = options.dryRun ? LogDirectory.openToRead(location) : LogDirectory.openToWrite(location)
  try {
    return await new RetentionCommand({ options, context, location, directory, limits }).run()
  } finally {
    directory.close()
  }
}

interface BudgetLimits {
  readonly budget: Budget | undefined
  readonly weights: TopicWeights
}

function budgetOf({ budget, weight, topics }: RetentionOptions): BudgetLimits {
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
  return { budget: budget === undefined ? undefined : parseBudget(budget, '--budget'), weights }
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
  readonly limits: BudgetLimits
}

/** So many partitions are open at a time, each with a handful of files. */
const partitionsAtOnce = 64

class RetentionCommand {
  readonly #surroundings: Surroundings
  readonly #now: number

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
    this.#now = surroundings.context.clock.now()
  }

  async run(): Promise<number> {
    const { options, context } = this.#surroundings
    const { planned, overBytes } = this.#withinBudget(this.#plan())
    this.#warnOfHeld(planned)
    if (overBytes > 0) this.#warnOfBudget(overBytes)
    if (options.dryRun) {
      await this.#report({ planned, applied: undefined })
      say(`would delete ${totalsText(totalsOf(planned))}`, options, context)
      return this.#exitCode(planned, overBytes)
    }
    if (!(await this.#isConfirmed(planned))) {
      say('nothing was deleted', options, context)
      return ExitCode.failed
    }
    const applied = await this.#apply(planned)
    const done = applied.map((one) => one.planned)
    await this.#report({ planned: done, applied })
    say(`deleted ${totalsText(totalsOf(done))}`, options, context)
    return this.#failures(applied) ?? this.#exitCode(done, overBytes)
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
  #failures(applied: readonly AppliedRetention[]): number | undefined {
    const failures = applied.flatMap(({ failure, planned }) => (failure === undefined ? [] : [{ failure, planned }]))
    for (const { failure, planned } of failures) {
      warn(`${planned.topic}:${planned.partition}: ${failure.message}`, { quiet: false }, this.#surroundings.context)
    }
    const [code, ...others] = new Set(failures.map(({ failure }) => exitCodeOf(failure)))
    return others.length > 0 ? ExitCode.failed : code
  }

  async #report(report: Pick<RetentionReport, 'planned' | 'applied'>): Promise<void> {
    const { options, context, location } = this.#surroundings
    const whole = { ...report, isExplained: options.explain, now: this.#now }
    if (options.json) printRetentionJson(location.path, whole, context)
    else if (options.dryRun || options.explain) await printSegments(whole, options, context)
  }

  #exitCode(planned: readonly PlannedRetention[], overBytes: number): number {
    if (overBytes > 0) return ExitCode.failed
    const { segments, rolls } = totalsOf(planned)
    return this.#surroundings.options.exitCode && segments + rolls === 0 ? ExitCode.nothing : ExitCode.done
  }

  #warn(text: string): void {
    warn(text, this.#surroundings.options, this.#surroundings.context)
  }
}
