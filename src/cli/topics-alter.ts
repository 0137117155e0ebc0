import { UsageError } from '../base/errors.ts'
import { nearest } from '../base/nearest-name.ts'
import type { Topic } from '../storage/log-directory.ts'
import { topicConfigNames } from '../storage/topic-configs.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import { quoted } from './format/visible-text.ts'
import { openStore } from './open-store.ts'
import { counted, printJson, say } from './results.ts'
import type { topicsAlterSpec } from './specs/topics-alter.ts'
import { topicConfigsOf } from './values/topic-config-list.ts'

export type TopicsAlterOptions = OptionsOf<typeof topicsAlterSpec>

/** Changes the configuration of a topic or adds partitions, all of it or nothing. */
export async function topicsAlter(options: TopicsAlterOptions, context: CliContext): Promise<number> {
  const { topic: name, partitions: partitionCount } = options
  const added = topicConfigsOf(options.config, '--config')
  if (added.size + options.deleteConfig.length === 0 && partitionCount === undefined) {
    throw new UsageError('topics alter: nothing to change is named', {
      hint: `tslog topics alter ${name} --config retention.ms=604800000`,
    })
  }
  const store = await openStore(options, context)
  try {
    const before = await store.topic(name)
    refuseInternalGrowth(before, partitionCount)
    const configs = new Map<string, string | null>([...added, ...removals(options.deleteConfig, added, before)])
    const after = await store.alterTopic(name, partitionCount === undefined ? { configs } : { partitionCount, configs })
    report({ before, after }, options, context)
    return 0
  } finally {
    store.close()
  }
}

function removals(names: readonly string[], added: ReadonlyMap<string, string>, topic: Topic): [string, null][] {
  return names.map((name) => {
    if (added.has(name)) {
      throw new UsageError(`--delete-config ${name}: --config sets the same configuration`, {
        hint: 'give one of them',
      })
    }
    if (!topicConfigNames().includes(name) && !topic.configs.has(name)) throw unknownConfig(name)
    return [name, null]
  })
}

function unknownConfig(name: string): UsageError {
  const near = nearest(name, topicConfigNames())
  return new UsageError(`--delete-config: unknown topic configuration ${quoted(name)}`, {
    hint: near === undefined ? 'tslog topics describe TOPIC --all-configs lists them' : `did you mean ${near}?`,
  })
}

/** Where a group's records are depends on the number of partitions: growing it would lose the groups. */
function refuseInternalGrowth({ name, isInternal, partitionCount }: Topic, wanted: number | undefined): void {
  if (!isInternal || wanted === undefined || wanted === partitionCount) return
  throw new UsageError(`--partitions: the number of partitions of ${name} cannot be changed`, {
    hint: `it has ${partitionCount}`,
  })
}

function report(
  { before, after }: { readonly before: Topic; readonly after: Topic },
  options: TopicsAlterOptions,
  context: CliContext,
): void {
  const keys = [...new Set([...before.configs.keys(), ...after.configs.keys()])].toSorted()
  const changes = keys
    .map((key) => ({ key, from: before.configs.get(key) ?? null, to: after.configs.get(key) ?? null }))
    .filter(({ from, to }) => from !== to)
  if (options.json) {
    const configs = Object.fromEntries(after.configs)
    printJson({ name: after.name, id: after.id ?? null, partitions: after.partitionCount, configs, changes }, context)
  }
  if (after.partitionCount !== before.partitionCount) {
    say(
      `${after.name}: now ${counted(after.partitionCount, 'partition')}, ${before.partitionCount} before`,
      options,
      context,
    )
  }
  for (const { key, from, to } of changes) {
    say(`${after.name}: ${key} is ${to ?? 'the default'}, was ${from ?? 'the default'}`, options, context)
  }
}
