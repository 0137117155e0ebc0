/** The topic that keeps groups and their positions, as in Kafka. */
export const GROUPS_TOPIC = '__consumer_offsets'

/** Kafka's defaults of `offsets.topic.*`. */
export const groupsTopicDefaults = {
  partitionCount: 50,
  configs: new Map([
    ['cleanup.policy', 'compact'],
    ['segment.bytes', '104857600'],
    ['compression.type', 'producer'],
  ]),
} as const
