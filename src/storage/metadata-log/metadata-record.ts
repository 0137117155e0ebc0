import { MalformedMessageError } from '../../base/errors.ts'
import { ByteReader } from '../../wire/byte-reader.ts'
import type { Type } from '../../wire/schema.ts'
import * as broker from './broker-records.ts'
import * as log from './log-records.ts'
import { readMetadataFrame, readMetadataMessage } from './metadata-frame.ts'
import * as security from './security-records.ts'
import * as topic from './topic-records.ts'

/** One kind of record in `__cluster_metadata`. */
interface MetadataRecordType {
  /** Kafka's name. */
  readonly name: string
  readonly message: Type<unknown>
  /** Inclusive; the first is 0. */
  readonly versionLast: number
}

function type(name: string, message: Type<unknown>, versionLast = 0): MetadataRecordType {
  return { name, message, versionLast }
}

/** By Kafka's `apiKey`: those of Kafka 4.3 and all before. */
export const metadataRecordTypes: Readonly<Record<number, MetadataRecordType>> = {
  0: type('RegisterBrokerRecord', broker.registerBrokerRecord, 4),
  1: type('UnregisterBrokerRecord', broker.unregisterBrokerRecord),
  2: type('TopicRecord', topic.topicRecord),
  3: type('PartitionRecord', topic.partitionRecord, 2),
  4: type('ConfigRecord', topic.configRecord),
  5: type('PartitionChangeRecord', topic.partitionChangeRecord, 2),
  7: type('FenceBrokerRecord', broker.fenceBrokerRecord),
  8: type('UnfenceBrokerRecord', broker.unfenceBrokerRecord),
  9: type('RemoveTopicRecord', topic.removeTopicRecord),
  10: type('DelegationTokenRecord', security.delegationTokenRecord),
  11: type('UserScramCredentialRecord', security.userScramCredentialRecord),
  12: type('FeatureLevelRecord', log.featureLevelRecord),
  14: type('ClientQuotaRecord', security.clientQuotaRecord),
  15: type('ProducerIdsRecord', broker.producerIdsRecord),
  17: type('BrokerRegistrationChangeRecord', broker.brokerRegistrationChangeRecord, 3),
  18: type('AccessControlEntryRecord', security.accessControlEntryRecord),
  19: type('RemoveAccessControlEntryRecord', security.removeAccessControlEntryRecord),
  20: type('NoOpRecord', log.noOpRecord),
  21: type('ZkMigrationStateRecord', log.zkMigrationStateRecord),
  22: type('RemoveUserScramCredentialRecord', security.removeUserScramCredentialRecord),
  23: type('BeginTransactionRecord', log.beginTransactionRecord),
  24: type('EndTransactionRecord', log.endTransactionRecord),
  25: type('AbortTransactionRecord', log.abortTransactionRecord),
  26: type('RemoveDelegationTokenRecord', security.removeDelegationTokenRecord),
  27: type('RegisterControllerRecord', broker.registerControllerRecord),
  28: type('ClearElrRecord', topic.clearElrRecord),
}

/** Control records of the metadata log, by the names of `ControlRecord`: their values begin with their version, which is a field too. */
export const metadataControlTypes: Readonly<Record<string, MetadataRecordType>> = {
  LEADER_CHANGE: type('LeaderChangeMessage', log.leaderChangeMessage, 1),
  SNAPSHOT_HEADER: type('SnapshotHeaderRecord', log.snapshotHeaderRecord),
  SNAPSHOT_FOOTER: type('SnapshotFooterRecord', log.snapshotFooterRecord),
  KRAFT_VERSION: type('KRaftVersionRecord', log.kraftVersionRecord),
  KRAFT_VOTERS: type('VotersRecord', log.votersRecord),
}

/** A record of the metadata log. */
export interface MetadataRecord {
  readonly name: string
  readonly version: number
  readonly value: unknown
}

/** Reads the value of a data record. Throws `MalformedMessageError`, also for a type or version of a later Kafka. */
export function readMetadataRecord(value: Uint8Array): MetadataRecord {
  const frame = readMetadataFrame(value)
  const known = metadataRecordTypes[frame.type]
  if (known === undefined) throw new MalformedMessageError(`unknown metadata record of type ${frame.type}`, 1)
  return { name: known.name, version: frame.version, value: readMetadataMessage(checked(known, frame.version), frame) }
}

/** Reads the value of a control record of the metadata log; `undefined` for other control records. Throws `MalformedMessageError`. */
export function readMetadataControl(type: string, value: Uint8Array): MetadataRecord | undefined {
  const known = Object.hasOwn(metadataControlTypes, type) ? metadataControlTypes[type] : undefined
  if (known === undefined) return undefined
  const version = new ByteReader(value).int16()
  const message = checked(known, version).codec({ version, flexible: true })
  return { name: known.name, version, value: message.read(new ByteReader(value)) }
}

function checked({ name, message, versionLast }: MetadataRecordType, version: number): Type<unknown> {
  if (version >= 0 && version <= versionLast) return message
  throw new MalformedMessageError(`${name} of version ${version}, known are 0 to ${versionLast}`, 2)
}
