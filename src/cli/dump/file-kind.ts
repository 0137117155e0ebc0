import { offset, type Offset } from '../../base/brands.ts'
import {
  CLEAN_SHUTDOWN_ASIDE,
  CLEAN_SHUTDOWN_MARKER,
  LEADER_EPOCH_CHECKPOINT,
  META_PROPERTIES,
  PARTITION_LOCK,
  PARTITION_METADATA,
  TOPICS_FILE,
} from '../../storage/file-names.ts'

/** What a file of a log directory holds. */
export type FileKind =
  | 'log'
  | 'index'
  | 'timeindex'
  | 'txnindex'
  | 'snapshot'
  | 'offset-checkpoint'
  | 'leader-epoch-checkpoint'
  | 'partition-metadata'
  | 'meta-properties'
  | 'write-state'
  | 'topics'
  | 'quorum-state'
  | 'text'

const fixedNames: Readonly<Record<string, FileKind>> = {
  'recovery-point-offset-checkpoint': 'offset-checkpoint',
  'log-start-offset-checkpoint': 'offset-checkpoint',
  'cleaner-offset-checkpoint': 'offset-checkpoint',
  'replication-offset-checkpoint': 'offset-checkpoint',
  [LEADER_EPOCH_CHECKPOINT]: 'leader-epoch-checkpoint',
  [PARTITION_METADATA]: 'partition-metadata',
  [META_PROPERTIES]: 'meta-properties',
  [PARTITION_LOCK]: 'write-state',
  [TOPICS_FILE]: 'topics',
  [CLEAN_SHUTDOWN_MARKER]: 'text',
  [CLEAN_SHUTDOWN_ASIDE]: 'text',
  'quorum-state': 'quorum-state',
}

/** Ends of names. `.checkpoint` are KRaft's metadata snapshots, `.corrupt` what recovery cut off a log: both are batches. */
const suffixes: Readonly<Record<string, FileKind>> = {
  log: 'log',
  checkpoint: 'log',
  corrupt: 'log',
  index: 'index',
  timeindex: 'timeindex',
  txnindex: 'txnindex',
  snapshot: 'snapshot',
}

/** What the name of a file says of it, whatever stands behind for a file on its way in or out; `undefined` for a stranger's name. */
export function fileKind(name: string): FileKind | undefined {
  const plain = name.replace(/\.(cleaned|swap|deleted|tmp|part)$/, '')
  if (Object.hasOwn(fixedNames, plain)) return fixedNames[plain]
  const suffix = /\.([a-z]+)$/.exec(plain)?.[1] ?? ''
  return Object.hasOwn(suffixes, suffix) ? suffixes[suffix] : undefined
}

/** Whether a file is still being written under this name: it may end anywhere. */
export function isUnfinished(path: string): boolean {
  return /\.(tmp|cleaned|part)$/.test(path)
}

/** The base offset that a file of a segment has in its name; 0 for another name. */
export function baseOffsetOf(name: string): Offset {
  const digits = /^(\d{20})\./.exec(name)?.[1]
  return offset(digits === undefined ? 0n : BigInt(digits))
}
