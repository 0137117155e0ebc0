import type { TimestampMs } from '../../base/brands.ts'
import { UsageError } from '../../base/errors.ts'
import type { CompressionCodec } from '../../record/codec.ts'
import { isInternalTopic, validateTopicName } from '../../storage/file-names.ts'
import type { NewTopic } from '../../storage/log-directory.ts'
import type { OptionsOf } from '../command-spec.ts'
import type { produceSpec } from '../specs/produce.ts'
import { parseCodec } from '../values/codec.ts'
import { NEWLINE, NUL, parseDelimiter } from '../values/delimiter.ts'
import { type FsyncPolicy, parseFsyncPolicy } from '../values/fsync-policy.ts'
import { type HeaderValue, parseHeader } from '../values/header.ts'
import { refuseLostBytes } from '../values/lost-bytes.ts'
import { parseRate } from '../values/rate.ts'
import { parseTime } from '../values/time-expression.ts'
import { topicConfigsOf } from '../values/topic-config-list.ts'

export type ProduceOptions = OptionsOf<typeof produceSpec>

export type Partitioner = 'murmur2' | 'sticky' | 'round-robin' | 'random'

/** What the flags of `produce` mean, checked and in the units of the engine. */
export interface ProduceSettings {
  readonly topic: string
  readonly files: readonly string[]
  /** All records to this partition; -1 picks one at random for each batch; undefined leaves it to the partitioner. */
  readonly partition: number | undefined
  readonly partitioner: Partitioner | undefined
  readonly key: Uint8Array | undefined
  readonly keyDelimiter: Uint8Array | undefined
  readonly missingKey: 'error' | 'null' | 'skip'
  readonly isEmptyNull: boolean
  readonly headers: readonly HeaderValue[]
  /** Ends a record. Empty: each file is one record, its bytes as they are. */
  readonly delimiter: Uint8Array
  readonly isJson: boolean
  readonly codec: CompressionCodec
  readonly level: number | undefined
  readonly tees: boolean
  readonly fsync: FsyncPolicy
  readonly lingerMs: number
  readonly batchBytes: number | undefined
  readonly timestamp: TimestampMs | undefined
  /** The topic to make when it is missing; undefined when that is an error. */
  readonly newTopic: MissingTopic | undefined
  readonly tooLarge: 'fail' | 'skip' | 'split'
  /** Records per second; Infinity for no limit. */
  readonly rate: number
}

/** A topic to be made, as far as the command line says. */
export interface MissingTopic extends Omit<NewTopic, 'partitionCount'> {
  /** Undefined: as many as the log gives a topic. */
  readonly partitionCount: number | undefined
}

const noBytes = new Uint8Array()

function keyBytes(text: string): Uint8Array {
  refuseLostBytes(text, '-k')
  return new TextEncoder().encode(text)
}

/** Reads the options of `produce`; throws `UsageError` that names the flag. */
export function produceSettings(options: ProduceOptions, now: TimestampMs): ProduceSettings {
  validateTopicName(options.topic)
  // As a broker has it: groups and transactions would be read back from what is none of theirs.
  if (isInternalTopic(options.topic))
    throw new UsageError(`${options.topic} is the log's own: nothing is produced to it`)
  const { codec, level } =
    options.compression === undefined
      ? { codec: 'none' as const, level: undefined }
      : parseCodec(options.compression, '-z')
  return {
    topic: options.topic,
    files: options.files,
    partition: options.partition,
    partitioner: options.partitioner,
    key: options.key === undefined ? undefined : keyBytes(options.key),
    keyDelimiter: options.keyDelimiter === undefined ? undefined : parseDelimiter(options.keyDelimiter, '-K'),
    missingKey: options.missingKey,
    isEmptyNull: options.emptyIsNull,
    headers: options.header.map((text) => parseHeader(text, '-H')),
    delimiter: delimiterOf(options),
    isJson: options.inputJson,
    codec,
    level,
    tees: options.tee,
    fsync: parseFsyncPolicy(options.fsync, '--fsync'),
    lingerMs: options.linger,
    batchBytes: options.batchSize,
    timestamp: options.timestamp === undefined ? undefined : parseTime(options.timestamp, { flag: '--timestamp', now }),
    newTopic: options.noCreate ? undefined : newTopicOf(options),
    tooLarge: options.tooLarge,
    rate: options.rate === undefined ? Infinity : parseRate(options.rate, '--rate'),
  }
}

function delimiterOf(options: ProduceOptions): Uint8Array {
  if (options.nul) return NUL
  if (options.delimiter !== undefined) return parseDelimiter(options.delimiter, '-D', { allowEmpty: options.whole })
  return options.whole ? noBytes : NEWLINE
}

function newTopicOf({ topic, partitions, config }: ProduceOptions): MissingTopic {
  return { name: topic, partitionCount: partitions, configs: topicConfigsOf(config, '--config') }
}
