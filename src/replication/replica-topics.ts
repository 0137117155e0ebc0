import { DivergedError, MalformedMessageError } from '../base/errors.ts'
import { isTopicName, type TopicPartition } from '../storage/file-names.ts'
import type { Topic } from '../storage/log-directory.ts'
import type { TopicConfigTexts } from '../storage/topic-configs.ts'
import type { FollowersDirectory } from './followers-directory.ts'
import type { LeaderTopic } from './leader.ts'

/** More partitions than any topic has, and more than those of one copy; each becomes a directory. */
const partitionsMax = 100_000

/** More than all configurations of Kafka together take, in characters: they are kept in one file, for each topic. */
const configTextMax = 64 * 1024

/** Checks what a leader says of topics before any of it is used. Throws `MalformedMessageError`. */
export function checkLeaderTopics(topics: readonly LeaderTopic[]): void {
  for (const topic of topics) checkLeaderTopic(topic)
  const count = topics.reduce((sum, { partitionCount }) => sum + partitionCount, 0)
  if (count > partitionsMax) throw new MalformedMessageError(`the source says that it has ${count} partitions`, 0)
}

function checkLeaderTopic({ name, partitionCount, configs }: LeaderTopic): void {
  if (!isTopicName(name)) throw new MalformedMessageError('the source names a topic that cannot be one', 0)
  if (!Number.isInteger(partitionCount) || partitionCount < 1 || partitionCount > partitionsMax) {
    throw new MalformedMessageError(`the source says that topic ${name} has ${partitionCount} partitions`, 0)
  }
  const text = Array.from(configs, ([key, value]) => key.length + value.length).reduce((sum, one) => sum + one, 0)
  if (text > configTextMax) {
    throw new MalformedMessageError(`the source says that topic ${name} has a configuration of ${text} characters`, 0)
  }
}

export function partitionsOf({ name, partitionCount }: LeaderTopic): TopicPartition[] {
  return Array.from({ length: partitionCount }, (_, partition) => ({ topic: name, partition }))
}

/** Why the topic of the copy is another one than that of its leader, or `undefined`. */
export function topicDifference(own: Topic, leader: LeaderTopic): string | undefined {
  if (own.id !== undefined && leader.id !== undefined && own.id !== leader.id) {
    return `topic ${own.name} is another topic there: its id is ${own.id} in the copy, ${leader.id} in the source`
  }
  if (own.partitionCount > leader.partitionCount) {
    return `topic ${own.name} has ${own.partitionCount} partitions in the copy, ${leader.partitionCount} in the source`
  }
  return undefined
}

/** Makes the topic of the copy what its leader's is, durably: id, partitions, configuration. Returns whether anything was done. */
export function takeOverTopic(
  directory: FollowersDirectory,
  leader: LeaderTopic,
  overwritesDiverged: boolean,
): boolean {
  const { name, id, partitionCount, configs } = leader
  const own = directory.findTopic(name)
  const difference = own && topicDifference(own, leader)
  if (difference !== undefined && !overwritesDiverged) throw new DivergedError(difference)
  if (difference !== undefined) directory.deleteTopic(name)
  if (own === undefined || difference !== undefined) {
    return directory.createTopic({ name, partitionCount, configs, ...(id !== undefined && { id }) })
  }
  const changes = configChanges(own.configs, configs)
  if (changes.size === 0 && own.partitionCount === partitionCount) return false
  directory.alterTopic(name, { partitionCount, configs: changes })
  return true
}

function configChanges(own: TopicConfigTexts, leader: TopicConfigTexts): Map<string, string | null> {
  const changes = new Map<string, string | null>()
  for (const [key, value] of leader) if (own.get(key) !== value) changes.set(key, value)
  for (const key of own.keys()) if (!leader.has(key)) changes.set(key, null)
  return changes
}
