import { UsageError } from '../base/errors.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import { KafkaError } from '../protocol/kafka-error.ts'
import { describeTopicConfigs, parseTopicConfig, resolveTopicConfig } from '../storage/topic-configs.ts'

/** Kafka's configurations of topics that have no effect here: kept and told again, so that tools which set them go on. */
const withoutEffect: ReadonlySet<string> = new Set([
  'follower.replication.throttled.replicas',
  'leader.replication.throttled.replicas',
  'local.retention.bytes',
  'local.retention.ms',
  'remote.log.copy.disable',
  'remote.log.delete.on.disable',
  'remote.storage.enable',
])

/** Those of them that are lists. */
const listsWithoutEffect: ReadonlySet<string> = new Set([
  'follower.replication.throttled.replicas',
  'leader.replication.throttled.replicas',
])

/** How a configuration is to be changed; the numbers are Kafka's (AlterConfigOp). */
export const ConfigOperation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const

/** One change that a client asks for. */
export interface ConfigChange {
  readonly name: string
  readonly operation: number
  readonly value: string | null
}

/** The texts to keep of what a client sets, without those it leaves to the default. Throws `KafkaError` INVALID_CONFIG. */
export function checkedConfigs(values: ReadonlyMap<string, string | null>): Map<string, string> {
  const checked = new Map<string, string>()
  for (const [name, value] of values) if (value !== null) checked.set(name, checkedText(name, value))
  return checkedTogether(checked)
}

/** The configs that single changes make of those there are. Throws `KafkaError` INVALID_CONFIG, or INVALID_REQUEST for an operation that is none. */
export function changedConfigs(
  before: ReadonlyMap<string, string>,
  changes: readonly ConfigChange[],
): Map<string, string> {
  const names = new Set(changes.map(({ name }) => name))
  if (names.size < changes.length) throw new KafkaError(ErrorCode.INVALID_REQUEST, 'a configuration is named twice')
  const after = new Map(before)
  for (const change of changes) apply(after, change)
  return checkedTogether(after)
}

/** What makes `before` into `after`, as `ClusterControl.alterTopic` takes it. */
export function differenceOf(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Map<string, string | null> {
  const difference = new Map<string, string | null>()
  for (const name of before.keys()) if (!after.has(name)) difference.set(name, null)
  for (const [name, text] of after) if (before.get(name) !== text) difference.set(name, text)
  return difference
}

function apply(configs: Map<string, string>, { name, operation, value }: ConfigChange): void {
  switch (operation) {
    case ConfigOperation.SET:
      configs.set(name, checkedText(name, value ?? ''))
      return
    case ConfigOperation.DELETE:
      configs.delete(name)
      return
    case ConfigOperation.APPEND:
    case ConfigOperation.SUBTRACT:
      configs.set(name, checkedText(name, combined(configs, { name, operation, value })))
      return
    default:
      throw new KafkaError(ErrorCode.INVALID_REQUEST, `no operation has the number ${operation}`)
  }
}

function combined(configs: ReadonlyMap<string, string>, { name, operation, value }: ConfigChange): string {
  const words = wordsOf(value ?? '')
  const before = wordsOf(listBefore(configs, name))
  const kept = before.filter((word) => operation === ConfigOperation.APPEND || !words.includes(word))
  const added = operation === ConfigOperation.APPEND ? words.filter((word) => !before.includes(word)) : []
  return [...kept, ...added].join(',')
}

function listBefore(configs: ReadonlyMap<string, string>, name: string): string {
  if (listsWithoutEffect.has(name)) return configs.get(name) ?? ''
  const known = describeTopicConfigs(configs).find((one) => one.name === name)
  if (known?.type !== 'list') throw new KafkaError(ErrorCode.INVALID_CONFIG, `${name} is no list`)
  return known.value
}

/** Of a list, which may be empty. */
function wordsOf(list: string): string[] {
  return list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

function checkedText(name: string, value: string): string {
  if (withoutEffect.has(name)) return value
  try {
    return parseTopicConfig(name, value)
  } catch (error) {
    throw invalidConfig(error)
  }
}

/** Some contradict each other. */
function checkedTogether(configs: Map<string, string>): Map<string, string> {
  try {
    resolveTopicConfig(configs)
    return configs
  } catch (error) {
    throw invalidConfig(error)
  }
}

function invalidConfig(error: unknown): unknown {
  return error instanceof UsageError ? new KafkaError(ErrorCode.INVALID_CONFIG, error.message) : error
}
