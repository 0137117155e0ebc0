/** Something that Apache Kafka does for its own tools and tslog does not, on purpose: it must say so at once, and clearly. */
export interface Refusal {
  readonly what: string
  /** The class of the tool. */
  readonly tool: string
  /** Its words, without the address of the broker. */
  readonly words: readonly string[]
  /** What the tool tells its user. */
  readonly says: RegExp
  readonly reason: string
}

const tools = 'org.apache.kafka.tools'
const oneBroker = 'there is one broker, which leads every partition and has its only replica'
const noController = 'there is no KRaft controller'
const noTransactions = 'transactions that are in the log are served, none is begun here'
const unsupported = (api: string): RegExp => new RegExp(`The node does not support ${api}`)

export const refusals: readonly Refusal[] = [
  {
    what: 'transactions',
    tool: `${tools}.ProducerPerformance`,
    words: [
      '--topic',
      't',
      '--num-records',
      '9',
      '--record-size',
      '9',
      '--throughput',
      '-1',
      '--transactional-id',
      'x',
    ],
    says: /TransactionalIdAuthorizationException/,
    reason: `${noTransactions}; a code that clients take for final, so that they do not try again for a minute`,
  },
  {
    what: 'lists of transactions',
    tool: `${tools}.TransactionsCommand`,
    words: ['list'],
    says: unsupported('LIST_TRANSACTIONS'),
    reason: noTransactions,
  },
  {
    what: 'the consumer group protocol of KIP-848',
    tool: `${tools}.consumer.ConsoleConsumer`,
    words: ['--topic', 't', '--group', 'g', '--timeout-ms', '60000', '--command-property', 'group.protocol=consumer'],
    says: /does not support the new CONSUMER group protocol. Set group.protocol=classic/,
    reason: 'groups follow the classic protocol, which every client has and the Java client uses by default',
  },
  {
    what: 'share groups',
    tool: `${tools}.consumer.ConsoleShareConsumer`,
    // It logs what it is told at once, and then, on a calm machine, waits on until its own time is over.
    words: ['--topic', 't', '--group', 's', '--timeout-ms', '5000'],
    says: /The cluster does not support the share group protocol/,
    reason: 'a log is read in order here, by offsets',
  },
  {
    what: 'elections of leaders',
    tool: `${tools}.LeaderElectionCommand`,
    words: ['--election-type', 'preferred', '--all-topic-partitions'],
    says: unsupported('ELECT_LEADERS'),
    reason: oneBroker,
  },
  {
    what: 'reassignments of partitions',
    tool: `${tools}.reassign.ReassignPartitionsCommand`,
    words: ['--list'],
    says: unsupported('LIST_PARTITION_REASSIGNMENTS'),
    reason: oneBroker,
  },
  {
    what: 'the quorum of controllers',
    tool: `${tools}.MetadataQuorumCommand`,
    words: ['describe', '--status'],
    says: unsupported('DESCRIBE_QUORUM'),
    reason: noController,
  },
  {
    what: 'feature levels',
    tool: `${tools}.FeatureCommand`,
    words: ['upgrade', '--feature', 'group.version=1'],
    says: unsupported('UPDATE_FEATURES'),
    reason: noController,
  },
  {
    what: "changes of the broker's configuration",
    tool: 'kafka.admin.ConfigCommand',
    words: ['--alter', '--entity-type', 'brokers', '--entity-name', '1', '--add-config', 'log.cleaner.threads=2'],
    says: /InvalidRequestException: the broker's configuration is given when it is started/,
    reason: 'it stands in one file, which SIGHUP reads again',
  },
  {
    what: 'metrics that clients push',
    tool: `${tools}.ClientMetricsCommand`,
    words: ['--list'],
    says: unsupported('LIST_CONFIG_RESOURCES'),
    reason: 'the broker has metrics of its own alone',
  },
]
