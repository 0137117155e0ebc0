import { CorruptSegmentError } from '../base/errors.ts'
import { randomUuid } from '../base/uuid.ts'
import { METADATA_TOPIC } from './file-names.ts'
import { importTopics, type ImportedTopics } from './imported-topics.ts'
import type { KafkaImport } from './kafka-import.ts'
import type { LogDirectoryOptions } from './log-directory.ts'
import { TopicCatalog } from './topic-catalog.ts'

/** See `loadKafkaImport`. */
export const kafkaImport: KafkaImport = { importTopics, adoptDirectory }

/**
 * Makes a directory of Apache Kafka's ours: `tslog-topics.json` with its topics is written, at once and durably, and that is all, so that a
 * crash leaves it either Kafka's or ours. Nothing of Kafka's is touched; the first writer of each partition raises its leader epoch
 * (`partition-opening.ts`). The caller holds Kafka's lock. Another process may have done it meanwhile: then nothing happens.
 *
 * Throws `CorruptSegmentError` when the metadata log cannot be read as a whole: a retention that was missed would delete what should stay.
 */
function adoptDirectory(options: LogDirectoryOptions): void {
  const { fileSystem, path, clock, random, lockWaitMs, onWarning } = options
  const imported = importTopics({ fileSystem, path, now: clock.now(), newId: () => randomUuid(random) })
  const [problem] = imported.problems
  if (problem !== undefined) throw new CorruptSegmentError(`${path}/${METADATA_TOPIC}-0`, 0, problem)
  // Nothing is made before this: a file of ours in the directory of a broker would be misread by the next one who looks.
  const isFirst = new TopicCatalog(fileSystem, path).create(() => imported.topics, lockWaitMs)
  if (isFirst) for (const line of remarks(path, imported)) onWarning?.(line)
}

function remarks(path: string, { topics, unknown, withoutRetention }: ImportedTopics): string[] {
  const lines = [
    `${path} is tslog's now, with ${topics.size === 1 ? '1 topic' : `${topics.size} topics`}; tslog close makes it ready for Kafka again`,
  ]
  if (unknown.length > 0) {
    lines.push(`nothing here tells the configuration of ${namesOf(unknown)}: retention.ms is -1 until you set it`)
  }
  if (withoutRetention.length > 0) {
    lines.push(
      `${namesOf(withoutRetention)} had the retention of the broker's server.properties, which is not here: Kafka's default of 7 days holds until you set retention.ms`,
    )
  }
  return lines
}

const namesMax = 5

function namesOf(topics: readonly string[]): string {
  const more = topics.length - namesMax
  const shown = topics.slice(0, namesMax).join(', ')
  return more > 0 ? `${shown} and ${more} more topics` : shown
}
