import { NotFoundError } from '../../base/errors.ts'
import { nearest } from '../../base/nearest-name.ts'
import type { Leader, LeaderTopic } from '../../replication/leader.ts'
import { Glob } from '../format/glob.ts'
import { quoted } from '../format/visible-text.ts'
import type { ReplicationRequest } from './request.ts'

/**
 * The topics of a leader that are wanted. A name must be there; a pattern may match nothing, and leaves internal topics out. Throws
 * `NotFoundError` naming the nearest topic.
 */
export async function selectTopics(
  leader: Leader,
  request: Pick<ReplicationRequest, 'patterns' | 'all'>,
): Promise<LeaderTopic[]> {
  const topics = await leader.topics()
  const absent = request.patterns.find((one) => !isPattern(one) && !topics.some(({ name }) => name === one))
  if (absent !== undefined) throw missing(absent, leader, topics)
  return topicsOf(topics, request)
}

/** The same of topics that are known, without those that are missing. */
export function topicsOf(
  topics: readonly LeaderTopic[],
  { patterns, all }: Pick<ReplicationRequest, 'patterns' | 'all'>,
): LeaderTopic[] {
  const wanted = new Set<LeaderTopic>()
  if (all) for (const topic of topics) if (!topic.isInternal) wanted.add(topic)
  for (const pattern of patterns) {
    const found = isPattern(pattern) ? matching(pattern, topics) : topics.filter(({ name }) => name === pattern)
    for (const topic of found) wanted.add(topic)
  }
  return topics.filter((topic) => wanted.has(topic))
}

/** Those of `patterns` that fit none of these names of topics. */
export function patternsWithoutTopic(patterns: readonly string[], names: Iterable<string>): string[] {
  const encoded = Array.from(names, (name) => new TextEncoder().encode(name))
  return patterns.filter((pattern) => {
    const glob = new Glob(pattern)
    return isPattern(pattern) && !encoded.some((name) => glob.matches(name))
  })
}

function isPattern(text: string): boolean {
  return /[*?[\]\\]/.test(text)
}

function matching(pattern: string, topics: readonly LeaderTopic[]): LeaderTopic[] {
  const glob = new Glob(pattern)
  const encoder = new TextEncoder()
  return topics.filter(({ name, isInternal }) => !isInternal && glob.matches(encoder.encode(name)))
}

/** That topics were found, and none of them has a partition that is wanted. */
export function noSuchPartitions({ name }: Leader): NotFoundError {
  return new NotFoundError(`${name}: no topic has the partitions that are named`, {
    hint: 'partitions are counted from 0',
  })
}

function missing(name: string, leader: Leader, topics: readonly LeaderTopic[]): NotFoundError {
  const near = nearest(
    name,
    topics.map((topic) => topic.name),
  )
  return new NotFoundError(`topic ${quoted(name)} is not in ${leader.name}`, {
    hint: near === undefined ? 'a pattern may match nothing: "app-*"' : `did you mean ${near}?`,
  })
}
