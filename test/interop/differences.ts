/** An answer of tslog that is another one than Apache Kafka's, on purpose. */
export interface Difference {
  readonly client: string
  readonly feature: string
  /** The name of the step. */
  readonly step: string
  readonly reason: string
}

const insync =
  'KRaft writes min.insync.replicas=1 into the cluster when it is formatted (eligible leader replicas), so that the source is the broker; here it is the default'

/** Any other difference is a fault, and so is one that is listed and is none any more. */
export const differences: readonly Difference[] = [
  { client: '@platformatic/kafka 1.35', feature: 'admin', step: 'configs', reason: insync },
  { client: 'Java client 4.3.1', feature: 'admin', step: 'configs', reason: insync },
  { client: 'console tools 4.3.1', feature: 'admin', step: 'configs', reason: insync },
  {
    client: 'console tools 4.3.1',
    feature: 'admin',
    step: 'partitions',
    reason: `${insync}; eligible leader replicas are told by DescribeTopicPartitions, which is of brokers in clusters`,
  },
]
