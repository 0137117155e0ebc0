import type { VersionRange } from '../wire/schema.ts'

/** What is fixed about one API: its number, and which versions of it we speak, as broker and as client. */
export interface ApiRow {
  readonly key: number
  readonly versions: VersionRange
  /** From this version on lengths are compact and structs end in tagged fields; `Infinity` when none does. */
  readonly flexibleSince: number
  /**
   * The lowest version that a broker names in its ApiVersions answer; absent when clients are not to see the API at
   * all.
   */
  readonly advertisedSince?: number
}

/**
 * The one table of versions. Mins are as low as clients need (kafkajs and kafka-go ignore them, librdkafka switches
 * features off), maxes as high as we keep all promises of: Produce 12, EndTxn 5 and TxnOffsetCommit 5 mean KIP-890,
 * AddPartitionsToTxn 4 is for brokers, FindCoordinator 6 for share groups, Fetch 17 for followers.
 */
export const apiTable = {
  /**
   * 0 to 2 are named only because librdkafka sends uncompressed when they are not (KAFKA-18659); Kafka does the same.
   */
  Produce: { ...row(0, 3, 11, 9), advertisedSince: 0 },
  Fetch: row(1, 4, 16, 12),
  ListOffsets: row(2, 0, 9, 6),
  Metadata: row(3, 0, 12, 9),
  OffsetCommit: row(8, 0, 9, 8),
  OffsetFetch: row(9, 0, 9, 6),
  FindCoordinator: row(10, 0, 5, 3),
  JoinGroup: row(11, 0, 9, 6),
  Heartbeat: row(12, 0, 4, 4),
  LeaveGroup: row(13, 0, 5, 4),
  SyncGroup: row(14, 0, 5, 4),
  DescribeGroups: row(15, 0, 5, 5),
  ListGroups: row(16, 0, 5, 3),
  SaslHandshake: row(17, 0, 1, Infinity),
  ApiVersions: row(18, 0, 4, 3),
  CreateTopics: row(19, 0, 7, 5),
  DeleteTopics: row(20, 0, 6, 4),
  DeleteRecords: row(21, 0, 2, 2),
  InitProducerId: row(22, 0, 4, 2),
  OffsetForLeaderEpoch: row(23, 0, 4, 4),
  AddPartitionsToTxn: unadvertised(24, 0, 3, 3),
  AddOffsetsToTxn: unadvertised(25, 0, 3, 3),
  EndTxn: unadvertised(26, 0, 3, 3),
  TxnOffsetCommit: unadvertised(28, 0, 3, 3),
  DescribeAcls: row(29, 0, 3, 2),
  CreateAcls: row(30, 0, 3, 2),
  DeleteAcls: row(31, 0, 3, 2),
  DescribeConfigs: row(32, 0, 4, 4),
  AlterConfigs: row(33, 0, 2, 2),
  DescribeLogDirs: row(35, 0, 4, 2),
  SaslAuthenticate: row(36, 0, 2, 2),
  CreatePartitions: row(37, 0, 3, 2),
  DeleteGroups: row(42, 0, 2, 2),
  IncrementalAlterConfigs: row(44, 0, 1, 1),
  OffsetDelete: row(47, 0, 0, Infinity),
  DescribeClientQuotas: row(48, 0, 1, 1),
  AlterClientQuotas: row(49, 0, 1, 1),
  DescribeUserScramCredentials: row(50, 0, 0, 0),
  AlterUserScramCredentials: row(51, 0, 0, 0),
  DescribeCluster: row(60, 0, 1, 0),
  DescribeProducers: unadvertised(61, 0, 0, 0),
} as const satisfies Record<string, ApiRow>

export type ApiName = keyof typeof apiTable

/** One line of an ApiVersions answer. */
export interface AdvertisedVersions {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

/** What a broker that answers the keys of `handled` says of itself, by ascending key. */
export function advertisedVersions(handled: ReadonlySet<number>): AdvertisedVersions[] {
  const rows: readonly ApiRow[] = Object.values(apiTable)
  return rows.flatMap(({ key, versions, advertisedSince }) =>
    advertisedSince === undefined || !handled.has(key)
      ? []
      : [{ apiKey: key, minVersion: advertisedSince, maxVersion: versions.last }],
  )
}

/** The row of a key; `undefined` for keys that we do not speak. */
export function apiRowOf(key: number): ApiRow | undefined {
  rowsByKey ??= new Map(Object.values(apiTable).map((one) => [one.key, one]))
  return rowsByKey.get(key)
}

/** Made by the first look. */
let rowsByKey: Map<number, ApiRow> | undefined

function row(key: number, first: number, last: number, flexibleSince: number): ApiRow {
  return { ...unadvertised(key, first, last, flexibleSince), advertisedSince: first }
}

function unadvertised(key: number, first: number, last: number, flexibleSince: number): ApiRow {
  return { key, versions: { first, last }, flexibleSince }
}
