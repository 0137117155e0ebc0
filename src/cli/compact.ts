import { LockedError, UsageError } from '../base/errors.ts'
import type { CleaningLimits } from '../storage/cleaning-plan.ts'
import { directoryOwner, refuseUnreadable } from '../storage/directory-ownership.ts'
import { isInternalTopic, type TopicPartition } from '../storage/file-names.ts'
import { createCleanerKernel } from '../storage/kernel/cleaner-kernel.ts'
import { type CleanedLog, cleanPartition, planOf } from '../storage/log-cleaner.ts'
import { LogDirectory, type LogDirectoryOptions, type Topic } from '../storage/log-directory.ts'
import type { TopicIdPartition } from '../storage/topic-id-partition.ts'
import type { OptionsOf } from './command-spec.ts'
import { type CompactedPartition, compactedTable, compactedText, compactJson } from './compact/compact-output.ts'
import { CompactWatch, StoppedError } from './compact/compact-watch.ts'
import type { CliContext } from './context.ts'
import { ExitCode, exitCodeOf } from './exit-code.ts'
import { wholeDirectoryOptions } from './open-store.ts'
import { printJson, printTable, say, warn } from './results.ts'
import { partitionList, selectedPartitions } from './selected-partitions.ts'
import { exitCodeOfSignal } from './signals.ts'
import type { compactSpec } from './specs/compact.ts'
import type { PartitionList } from './values/partition-list.ts'

export type CompactOptions = OptionsOf<typeof compactSpec>

/** Compacts the partitions that are due, one after the other; what fails in one does not keep it from the others. */
export async function compact(options: CompactOptions, context: CliContext): Promise<number> {
  const list = partitionList(options.partition)
  const location = await wholeDirectoryOptions(options, context)
  refuseUnreadable(location.path, directoryOwner(location.fileSystem, location.path))
  const directory = options.dryRun ? LogDirectory.openToRead(location) : openToCompact(location)
  try {
    const partitions = chosenPartitions(directory, options, list)
    return options.dryRun
      ? await dryRun({ directory, location, options, context }, partitions)
      : await new CompactRun({ directory, location, options, context }).run(partitions)
  } finally {
    directory.close()
  }
}

/** Also beside a server: nothing is appended, and closed segments change places under the lock that it takes too. */
function openToCompact(location: LogDirectoryOptions): LogDirectory {
  return LogDirectory.openToWrite({ ...location, isServer: true })
}

interface Surroundings {
  readonly directory: LogDirectory
  readonly location: LogDirectoryOptions
  readonly options: CompactOptions
  readonly context: CliContext
}

function chosenPartitions(
  directory: LogDirectory,
  { topics }: CompactOptions,
  list: PartitionList | undefined,
): TopicIdPartition[] {
  const isCompacted = ({ name }: Topic): boolean => directory.config(name).cleanupPolicy.includes('compact')
  const named = [...new Set(topics)].map((name) => directory.topic(name))
  for (const topic of named) if (!isCompacted(topic)) throw notCompacted(directory, topic)
  const chosen = topics.length === 0 ? directory.topics().filter(isCompacted) : named
  return chosen.flatMap((topic) =>
    selectedPartitions(topic, list)
      .filter((partition) => !topic.elsewhere.includes(partition))
      .map((partition) => ({ topic: topic.name, partition, topicId: topic.id })),
  )
}

function notCompacted(directory: LogDirectory, { name }: Topic): UsageError {
  const policy = directory.config(name).cleanupPolicy.join(',')
  return new UsageError(`topic ${name} is not compacted: its cleanup.policy is ${policy}`, {
    hint: `tslog topics alter ${name} --config cleanup.policy=compact`,
  })
}

function limitsOf({ dirtyRatio }: CompactOptions): Partial<CleaningLimits> {
  return dirtyRatio === undefined ? {} : { minCleanableDirtyRatio: Number(dirtyRatio) }
}

async function dryRun(
  { directory, location, options, context }: Surroundings,
  partitions: readonly TopicPartition[],
): Promise<number> {
  const limits = limitsOf(options)
  const planned = partitions.map((where): CompactedPartition => {
    return { ...where, plan: planOf(directory, where, location, limits), cleaned: undefined, failure: undefined }
  })
  await print(planned, { options, context })
  say(compactedText(planned, true), options, context)
  return isNothing(planned, options) ? ExitCode.nothing : ExitCode.done
}

class CompactRun {
  readonly #surroundings: Surroundings
  readonly #results: CompactedPartition[] = []

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  async run(partitions: readonly TopicIdPartition[]): Promise<number> {
    const { directory, location, options, context } = this.#surroundings
    const limits = limitsOf(options)
    const plans = partitions.map((where) => ({ ...where, plan: planOf(directory, where, location, limits) }))
    using watch = new CompactWatch(
      plans.map(({ plan }) => plan),
      options,
      context,
    )
    const secret = context.random.fill(new Uint8Array(16))
    const kernel = createCleanerKernel({ mapBytes: options.memory, secret })
    for (const { plan, ...where } of plans) {
      if (watch.signal !== undefined) break
      await this.#compact(where, plan, () =>
        cleanPartition(directory, where, { ...location, kernel, onBytes: watch.onBytes }, limits),
      )
      watch.clear()
      directory.closeLog(where)
    }
    await print(this.#results, { options, context })
    say(compactedText(this.#results, false), options, context)
    return watch.signal === undefined ? this.#exitCode() : exitCodeOfSignal[watch.signal]
  }

  async #compact(
    where: TopicPartition,
    plan: CompactedPartition['plan'],
    clean: () => Promise<CleanedLog | undefined>,
  ): Promise<void> {
    try {
      const cleaned = plan.isDue ? await clean() : undefined
      this.#results.push({ ...where, plan: cleaned?.plan ?? plan, cleaned, failure: undefined })
    } catch (error) {
      if (error instanceof StoppedError) return
      if (!(error instanceof Error)) throw error
      warn(`${where.topic}:${where.partition}: ${error.message}`, { quiet: false }, this.#surroundings.context)
      this.#results.push({ ...where, plan, cleaned: undefined, failure: error })
    }
  }

  #exitCode(): number {
    const failure = this.#results.find((one) => one.failure !== undefined)?.failure
    if (failure !== undefined) return failure instanceof LockedError ? ExitCode.locked : exitCodeOf(failure)
    return isNothing(this.#results, this.#surroundings.options) ? ExitCode.nothing : ExitCode.done
  }
}

function isNothing(partitions: readonly CompactedPartition[], { exitCode }: CompactOptions): boolean {
  return exitCode && !partitions.some(({ plan }) => plan.isDue)
}

async function print(
  partitions: readonly CompactedPartition[],
  { options, context }: Pick<Surroundings, 'options' | 'context'>,
): Promise<void> {
  if (options.json) printJson(compactJson(partitions, options.dryRun), context)
  else {
    const rows = partitions.filter((one) => isShown(one, options))
    if (rows.length > 0) await printTable(compactedTable(rows, options.dryRun), options, context)
  }
}

/** What had nothing to be compacted is told where somebody asks: by its name, or by a dry run, but for Kafka's own topics of many partitions. */
function isShown({ topic, plan, failure }: CompactedPartition, options: CompactOptions): boolean {
  const { verbose, quiet, dryRun, topics, partition } = options
  if (plan.isDue || failure !== undefined || verbose) return true
  const isNamed = topics.length > 0 || partition.length > 0
  return dryRun ? isNamed || !isInternalTopic(topic) : isNamed && !quiet
}
