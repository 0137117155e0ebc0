import { UsageError } from '../base/errors.ts'
import { kernelBatchWindow } from '../record/batch-window.ts'
import { createKernel } from '../record/kernel/kernel.ts'
import type { Topic } from '../storage/log-directory.ts'
import type { LogStore } from '../store/log-store.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import { damageMessage } from './damage-message.ts'
import { ExitCode } from './exit-code.ts'
import { isUtf8Locale } from './format/sparkline.ts'
import { renderTable } from './format/table.ts'
import { openStore } from './open-store.ts'
import { countedOn, progressLineOf, showStatusOnSignal } from './progress.ts'
import { printJson, resultStyle } from './results.ts'
import type { statsSpec } from './specs/stats.ts'
import { writeMessage, writeText } from './standard-streams.ts'
import type { StatsScope } from './stats/partition-stats.ts'
import { scanTopic } from './stats/stats-scan.ts'
import { statsJson } from './stats/stats-json.ts'
import { statsLines, statsText } from './stats/stats-text.ts'
import type { TimeSlots } from './stats/time-histogram.ts'
import type { TopicStats } from './stats/topic-stats.ts'
import { outputWidth } from './terminal-width.ts'
import { topicsNamed } from './topics-describe.ts'
import { parseTime } from './values/time-expression.ts'

export type StatsOptions = OptionsOf<typeof statsSpec>

/** Counts what is in topics, in one pass over each. */
export async function stats(options: StatsOptions, context: CliContext): Promise<number> {
  const scope = scopeOf(options, context)
  const store = await openStore(options, context)
  try {
    const topics = options.topics.length === 0 ? await shownByDefault(store) : await topicsNamed(store, options.topics)
    const { counted, damages } = await scanAll(store, topics, { scope, options, context })
    await print(counted, options, context)
    return damages > 0 ? ExitCode.damaged : ExitCode.done
  } finally {
    store.close()
  }
}

function scopeOf({ since, until, slot, top }: StatsOptions, { clock }: CliContext): StatsScope {
  const now = clock.now()
  if (slot !== undefined && slot < 1)
    throw new UsageError('--slot: a slot has a length', { hint: 'for example --slot 1m' })
  return {
    sinceMs: since === undefined ? -Infinity : parseTime(since, { flag: '--since', now }),
    untilMs: until === undefined ? Infinity : parseTime(until, { flag: '--until', now }),
    withKeys: top > 0,
    slotMs: slot,
  }
}

/** Topics that the log keeps for itself are counted when they are named. */
async function shownByDefault(store: LogStore): Promise<Topic[]> {
  return (await store.topics()).filter(({ isInternal }) => !isInternal)
}

interface Scan {
  readonly scope: StatsScope
  readonly options: StatsOptions
  readonly context: CliContext
}

/** So much is read at a time: batches that are larger get memory of their own. */
const windowBytes = 1024 * 1024

async function scanAll(
  store: LogStore,
  topics: readonly Topic[],
  { scope, options, context }: Scan,
): Promise<{ counted: TopicStats[]; damages: number }> {
  const counted: TopicStats[] = []
  let damages = 0
  const line = progressLineOf(context, options)
  const onProgress = countedOn(line, { bytesTotal: await totalBytes(store, topics), bytesPerTurn })
  using _ = showStatusOnSignal(line)
  const window = kernelBatchWindow(createKernel({ memoryBytes: windowBytes }))
  const onDamage = (text: string): void => {
    damages++
    line.clear()
    writeMessage(context.stderr, damageMessage(text, options.json))
  }
  for (const topic of topics) counted.push(await scanTopic(store, topic, { scope, window, onDamage, onProgress }))
  line.clear()
  return { counted, damages }
}

/** Between two turns of the event loop. */
const bytesPerTurn = 16 * 1024 * 1024

async function totalBytes(store: LogStore, topics: readonly Topic[]): Promise<number> {
  let total = 0
  for (const { name, partitionCount } of topics) {
    for (let partition = 0; partition < partitionCount; partition++) {
      total += (await store.partitionSize({ topic: name, partition })).bytes
    }
  }
  return total
}

async function print(counted: readonly TopicStats[], options: StatsOptions, context: CliContext): Promise<void> {
  const width = outputWidth(context)
  const slotted = counted.map((one) => ({ one, slots: slotsOf(one, width) }))
  if (options.json) {
    printJson({ topics: slotted.map(({ one, slots }) => statsJson(one, slots, options.top)) }, context)
    return
  }
  const style = resultStyle(options, context)
  const text = { style, bars: { width, isUtf8: isUtf8Locale(context.environment) }, top: options.top }
  for (const { one, slots } of slotted) {
    const shown = style.isTerminal
      ? await statsText(one, slots, text)
      : await renderTable({ columns: [], rows: statsLines(one, slots, text) }, style)
    writeText(context.stdout, shown)
  }
}

function slotsOf({ topic, times }: TopicStats, width: number): TimeSlots | undefined {
  const slots = times.slots(width)
  if (slots !== 'too-many') return slots
  throw new UsageError(`--slot: ${topic} reaches over too long a time for slots so short`, {
    hint: 'choose a longer slot, or a part of it with --since and --until',
  })
}
