import { randomUuid } from '../../base/uuid.ts'
import { type Offset, offset } from '../../base/brands.ts'
import { setCleanShutdownMarkerAside } from '../clean-shutdown-marker.ts'
import {
  META_PROPERTIES,
  parseLogDirectoryName,
  partitionDirectoryName,
  TEMPORARY_SUFFIX,
  TOPICS_FILE,
  type TopicPartition,
} from '../file-names.ts'
import { importTopics } from '../imported-topics.ts'
import { LogDirectory, type LogDirectoryOptions } from '../log-directory.ts'
import { createMetaProperties } from '../meta-properties.ts'
import { mergeOffsetCheckpoint, OFFSET_CHECKPOINTS, type OffsetCheckpointName } from '../offset-checkpoints.ts'
import { PartitionDirectories } from '../partition-directories.ts'
import { listSegments } from '../segment-list.ts'
import { type CatalogTopic, TopicCatalog } from '../topic-catalog.ts'
import type { Finding } from '../verify/finding.ts'
import { WriteStateFile } from '../write-state-file.ts'
import { fileAction, type RepairAction } from './repair-action.ts'
import { setAside } from './set-aside.ts'

/** What is to be done to the files at the top of a log directory. */
export interface DirectoryRepairPlan {
  readonly actions: readonly RepairAction[]
  /** What no repair can mend. */
  readonly incurable: readonly Finding[]
}

type Step = 'identity' | 'catalog' | 'catalogued' | 'missing' | 'checkpoint' | 'unfinished'

/** What each step does, for people. */
const words: Readonly<Record<Step, readonly [RepairAction['kind'], string]>> = {
  identity: ['rebuild', 'keep it as .corrupt, and give the directory a new identity'],
  catalog: [
    'rebuild',
    'keep it as .corrupt, and make it anew from the partitions: configurations are lost, and retention.ms is -1',
  ],
  catalogued: ['rebuild', `take the partition into ${TOPICS_FILE}`],
  missing: ['rebuild', 'make the partition anew: it is empty'],
  checkpoint: ['rebuild', 'keep it as .corrupt, and make it anew from what else is known'],
  unfinished: ['settle', 'remove what was not finished'],
}

/** Decides what is to be done about the findings of the top level of a directory. Changes nothing. */
export function planDirectoryRepair(path: string, findings: readonly Finding[]): DirectoryRepairPlan {
  const actions = new Map<string, RepairAction>()
  const incurable: Finding[] = []
  for (const finding of findings) {
    const step = stepFor(path, finding)
    if (step !== undefined) actions.set(finding.path, fileAction(words[step][0], finding.path, words[step][1]))
    else if (finding.severity === 'damage') incurable.push(finding)
  }
  return { actions: [...actions.values()], incurable }
}

/**
 * Mends the files at the top of a log directory, so that it can be opened to write. What is replaced is kept beside it. The caller holds
 * Kafka's lock.
 */
export function repairDirectory(options: LogDirectoryOptions, findings: readonly Finding[]): void {
  const { fileSystem, path } = options
  setCleanShutdownMarkerAside(fileSystem, path)
  const of = (step: Step): Finding[] => findings.filter((one) => stepFor(path, one) === step)
  for (const { path: file } of of('unfinished')) fileSystem.remove(file)
  if (of('identity').length > 0) renewIdentity(options)
  if (of('catalog').length > 0) renewCatalog(options)
  for (const { path: file } of of('catalogued')) takeIntoCatalog(options, partitionAt(file))
  for (const { path: file } of of('checkpoint')) renewCheckpoint(options, file)
  const incomplete = [...of('missing'), ...of('catalogued')].map((one) => partitionAt(one.path).topic)
  if (incomplete.length > 0) makeMissing(options, new Set(incomplete))
}

/** Makes the partitions that the catalog has and the directory lacks. */
function makeMissing(options: LogDirectoryOptions, topics: ReadonlySet<string>): void {
  const { fileSystem, path } = options
  const directory = LogDirectory.openToWrite(options)
  try {
    const all = [...topics].flatMap((topic) => {
      const { partitionCount, elsewhere } = directory.topic(topic)
      const partitions = Array.from({ length: partitionCount }, (_, partition) => partition)
      return partitions.filter((one) => !elsewhere.includes(one)).map((partition) => ({ topic, partition }))
    })
    // To open the log of a partition is to make it; one that is there may be damaged, and is not opened yet.
    const missing = all.filter((one) => fileSystem.stat(`${path}/${partitionDirectoryName(one)}`) === undefined)
    for (const one of missing) directory.openLog(one).offsets()
  } finally {
    directory.close()
  }
}

function stepFor(path: string, { kind, severity, path: file, reason }: Finding): Step | undefined {
  if (kind === 'identity' || kind === 'checkpoint') return kind
  if (kind === 'catalog') {
    if (file === `${path}/${TOPICS_FILE}`) return 'catalog'
    return reason.startsWith('it is missing') ? 'missing' : 'catalogued'
  }
  return kind === 'leftover' && severity === 'note' && file.endsWith(TEMPORARY_SUFFIX) ? 'unfinished' : undefined
}

function partitionAt(path: string): TopicPartition {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const parsed = parseLogDirectoryName(name)
  return parsed.kind === 'partition' ? parsed : { topic: name, partition: 0 }
}

function renewIdentity({ fileSystem, path, random, clock }: LogDirectoryOptions): void {
  const file = `${path}/${META_PROPERTIES}`
  if (fileSystem.stat(file) !== undefined) setAside(fileSystem, file)
  const fresh = { clusterId: randomUuid(random), nodeId: 1, directoryId: randomUuid(random) }
  createMetaProperties(fileSystem, path, fresh, clock.now())
}

/** Nothing tells what was configured, so nothing is ever to be deleted by what is put in its place. */
function renewCatalog(options: LogDirectoryOptions): void {
  const { fileSystem, path, lockWaitMs } = options
  const catalog = new TopicCatalog(fileSystem, path)
  if (fileSystem.stat(catalog.path) !== undefined) setAside(fileSystem, catalog.path)
  catalog.create(() => imported(options), lockWaitMs)
}

function takeIntoCatalog(options: LogDirectoryOptions, { topic, partition }: TopicPartition): void {
  const { fileSystem, path, lockWaitMs } = options
  new TopicCatalog(fileSystem, path).update((topics) => {
    const known = topics.get(topic) ?? imported(options).get(topic)
    if (known === undefined) return
    topics.set(topic, { ...known, partitionCount: Math.max(known.partitionCount, partition + 1) })
  }, lockWaitMs)
}

function imported({ fileSystem, path, clock, random }: LogDirectoryOptions): Map<string, CatalogTopic> {
  return new Map(importTopics({ fileSystem, path, now: clock.now(), newId: () => randomUuid(random) }).topics)
}

/** Writers keep what was trimmed in their own state too; the rest comes back by itself. */
function renewCheckpoint(options: LogDirectoryOptions, file: string): void {
  const { fileSystem, path, lockWaitMs: waitMs } = options
  const name = OFFSET_CHECKPOINTS.find((one) => file === `${path}/${one}`)
  if (name === undefined) return
  setAside(fileSystem, file)
  mergeOffsetCheckpoint(fileSystem, path, name, { changes: knownOffsets(options, name), waitMs, onlyForward: true })
  fileSystem.syncDirectory(path)
}

function knownOffsets(options: LogDirectoryOptions, name: OffsetCheckpointName): ReadonlyMap<string, Offset> {
  const offsets = new Map<string, Offset>()
  if (name !== 'log-start-offset-checkpoint') return offsets
  const { fileSystem, path } = options
  for (const partition of new PartitionDirectories(options).list(undefined)) {
    const key = partitionDirectoryName(partition)
    const directory = `${path}/${key}`
    const stateFile = WriteStateFile.find(fileSystem, directory)
    const start = stateFile?.read()?.logStartOffset ?? offset(0n)
    stateFile?.close()
    if (start > (listSegments(fileSystem, directory)[0] ?? start)) offsets.set(key, start)
  }
  return offsets
}
