import { RefusedError, UsageError } from '../base/errors.ts'
import { validateTopicName } from '../storage/file-names.ts'
import type { NewTopic } from '../storage/log-directory.ts'
import { resolveTopicConfig } from '../storage/topic-configs.ts'
import type { LogStore } from '../store/log-store.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import { openStore } from './open-store.ts'
import { counted, printJson, say } from './results.ts'
import type { topicsCreateSpec } from './specs/topics-create.ts'
import { topicConfigsOf } from './values/topic-config-list.ts'

export type TopicsCreateOptions = OptionsOf<typeof topicsCreateSpec>

/** Creates topics. Names, configurations and what is there already are looked at before the first one is made. */
export async function topicsCreate(options: TopicsCreateOptions, context: CliContext): Promise<number> {
  const configs = topicConfigsOf(options.config, '--config')
  resolveTopicConfig(configs)
  refuseReplicas(options.replicationFactor)
  const names = [...new Set(options.topics)]
  for (const name of names) validateTopicName(name)
  const store = await openStore(options, context)
  try {
    if (!options.ifNotExists) for (const name of names) await refuseExisting(store, name)
    const made: MadeTopic[] = []
    for (const name of names) {
      const partitionCount = options.partitions ?? (await store.defaultsFor(name, configs)).partitionCount
      made.push(await create(store, { name, partitionCount, configs }, options))
    }
    report(made, options, context)
    return 0
  } finally {
    store.close()
  }
}

type MadeTopic = { readonly name: string; readonly partitions: number; readonly created: boolean }

async function create(store: LogStore, topic: NewTopic, { ifNotExists }: TopicsCreateOptions): Promise<MadeTopic> {
  const { name } = topic
  const created = (await store.findTopic(name)) === undefined && (await store.createTopic(topic))
  if (!created && !ifNotExists) throw existing(name)
  return { name, partitions: (await store.topic(name)).partitionCount, created }
}

function report(made: readonly MadeTopic[], options: TopicsCreateOptions, context: CliContext): void {
  if (options.json) printJson({ topics: made }, context)
  for (const { name, partitions, created } of made) {
    const what = created ? 'created' : 'left as it is'
    say(`topic ${name} with ${counted(partitions, 'partition')} ${what}`, options, context)
  }
}

function refuseReplicas(factor: number | undefined): void {
  if (factor === undefined || factor === 1) return
  throw new UsageError(`--replication-factor ${factor}: a directory keeps one copy of each partition`, {
    hint: 'leave it out, or say --replication-factor 1',
  })
}

async function refuseExisting(store: LogStore, name: string): Promise<void> {
  if ((await store.findTopic(name)) !== undefined) throw existing(name)
}

function existing(name: string): RefusedError {
  return new RefusedError(`topic ${name} exists already`, {
    hint: '--if-not-exists leaves it as it is; tslog topics alter changes it',
  })
}
