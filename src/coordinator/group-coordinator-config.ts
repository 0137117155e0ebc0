/** What a group coordinator can be told, under the names of Kafka's broker settings where Kafka has one. Times are in ms. */
export interface GroupCoordinatorConfig {
  /** `group.max.size`: members of one group. */
  readonly groupSizeMax: number
  /** `group.min.session.timeout.ms` */
  readonly sessionTimeoutMinMs: number
  /** `group.max.session.timeout.ms` */
  readonly sessionTimeoutMaxMs: number
  /** `group.initial.rebalance.delay.ms`: how long the first rebalance of an empty group waits for more members. */
  readonly initialRebalanceDelayMs: number
  /** How long the join of a member that does not know its id yet is kept waiting; five minutes, not a setting of Kafka's either. */
  readonly newMemberJoinTimeoutMs: number
  /** `offset.metadata.max.bytes`: of the text with a committed offset; counted in UTF-16 units, as Kafka does. */
  readonly offsetMetadataMax: number
  /** `offsets.retention.minutes` */
  readonly offsetsRetentionMs: number
  /** `offsets.retention.check.interval.ms` */
  readonly offsetsRetentionCheckIntervalMs: number
  /** `offsets.topic.max.message.bytes`: what a record of a group may take at most; the topic's `max.message.bytes`. */
  readonly recordBytesMax: number
  /** `group.member.metadata.max.bytes`: what one member may say about itself in all its protocols together; ours, Kafka has no limit. */
  readonly memberMetadataBytesMax: number
  /** `group.pending.members.max`: ids handed out to members of one group that have not come back with them; ours. */
  readonly pendingMembersMax: number
  /** `group.coordinator.groups.max`: groups in one partition of `__consumer_offsets`; ours, Kafka has no limit. */
  readonly groupsMax: number
}

/** Kafka's defaults. */
export const groupCoordinatorDefaults: GroupCoordinatorConfig = {
  groupSizeMax: 2_147_483_647,
  sessionTimeoutMinMs: 6000,
  sessionTimeoutMaxMs: 1_800_000,
  initialRebalanceDelayMs: 3000,
  newMemberJoinTimeoutMs: 300_000,
  offsetMetadataMax: 4096,
  offsetsRetentionMs: 10_080 * 60_000,
  offsetsRetentionCheckIntervalMs: 600_000,
  recordBytesMax: 1_048_588,
  memberMetadataBytesMax: 4 * 1_048_576,
  pendingMembersMax: 10_000,
  groupsMax: 10_000,
}
