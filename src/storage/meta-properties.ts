import { CorruptSegmentError, RefusedError } from '../base/errors.ts'
import type { Uuid } from '../base/uuid.ts'
import type { TimestampMs } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { META_PROPERTIES } from './file-names.ts'
import { formatJavaProperty, parseJavaPropertiesBytes } from './java-properties.ts'
import { readWholeFile, replaceWholeFile } from './whole-file.ts'

/** Who a data directory belongs to. Kafka: `MetaProperties`. */
export interface MetaProperties {
  /** 0 is of the ZooKeeper era, 1 of KRaft. */
  readonly version: 0 | 1
  /** Opaque, though normally 22 characters of base64url. */
  readonly clusterId: string | undefined
  /** `node.id`, or `broker.id` of version 0. */
  readonly nodeId: number | undefined
  /** Different in each data directory; since Kafka 3.7. */
  readonly directoryId: Uuid | undefined
}

/** What a fresh directory is given. */
export interface FreshMetaProperties {
  readonly clusterId: string
  readonly nodeId: number
  readonly directoryId: Uuid
}

const bytesMax = 1024 * 1024

/**
 * Reads `meta.properties`; `undefined` when there is none. Throws `RefusedError` for a version we do not know, and
 * `CorruptSegmentError` when it is not a file of that kind.
 */
export function readMetaProperties(fileSystem: FileSystem, directory: string): MetaProperties | undefined {
  const path = `${directory}/${META_PROPERTIES}`
  const file = readWholeFile(fileSystem, path, bytesMax)
  if (file.kind === 'absent') return undefined
  if (file.kind === 'too-large') throw new CorruptSegmentError(path, 0, `${file.size} bytes are too many`)
  const properties = parseJavaPropertiesBytes(file.bytes)
  const version = properties.get('version')
  if (version !== '0' && version !== '1') throw unknownVersion(path, version)
  return {
    version: version === '0' ? 0 : 1,
    clusterId: properties.get('cluster.id'),
    nodeId: parseNodeId(path, properties.get(version === '0' ? 'broker.id' : 'node.id')),
    directoryId: properties.get('directory.id'),
  }
}

/**
 * Gives a fresh directory its identity, as Kafka's `kafka-storage format` does (version 1). False, and nothing is touched,
 * when it has one: an identity is never changed.
 */
export function createMetaProperties(
  fileSystem: FileSystem,
  directory: string,
  properties: FreshMetaProperties,
  now: TimestampMs,
): boolean {
  const path = `${directory}/${META_PROPERTIES}`
  if (fileSystem.stat(path) !== undefined) return false
  const lines = [
    '#',
    `#${javaDate(now)}`,
    formatJavaProperty('cluster.id', properties.clusterId),
    formatJavaProperty('directory.id', properties.directoryId),
    formatJavaProperty('node.id', String(properties.nodeId)),
    formatJavaProperty('version', '1'),
    '',
  ]
  replaceWholeFile(fileSystem, path, new TextEncoder().encode(lines.join('\n')))
  return true
}

function unknownVersion(path: string, version: string | undefined): Error {
  if (version !== undefined && /^\d{1,9}$/.test(version)) {
    return new RefusedError(`${path} has version ${version}, this tslog knows 0 and 1`, { hint: 'use a newer tslog' })
  }
  return new CorruptSegmentError(
    path,
    0,
    version === undefined ? 'it names no version' : `version ${JSON.stringify(version)} is no number`,
  )
}

function parseNodeId(path: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^-?\d{1,10}$/.test(text)) throw new CorruptSegmentError(path, 0, `node id ${JSON.stringify(text)} is no number`)
  return Number(text)
}

/** As `java.util.Date.toString` in UTC: `Mon Nov 23 03:09:21 UTC 2026`. */
function javaDate(now: TimestampMs): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(now).toUTCString().split(/,? /)
  return `${weekday} ${month} ${day} ${time} UTC ${year}`
}
