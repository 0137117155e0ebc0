/**
 * What a setting of Apache Kafka is here that a file which was written for it may have: `idle` has nothing to act on, `topics` is a default of
 * topics, which keep to their own configuration here, `missing` would change what clients may do, and this broker has not got it.
 */
export type ForeignSetting = 'idle' | 'topics' | 'missing'

/** The first that fits counts; a broker of Kafka 4.3 has no others. */
const kinds: readonly (readonly [ForeignSetting, RegExp])[] = [
  ['missing', /\.policy\.class\.name$|^(client\.quota\.callback\.class|principal\.builder\.class|config\.providers)$/],
  ['missing', /^max\.(connection\.creation\.rate|connections\.per\.ip\.overrides)$|^ssl\.(principal|engine|cipher)\./],
  [
    'missing',
    /^(sasl\.(jaas|kerberos|oauthbearer|login|(client|server)\.callback)\.|delegation\.token\.|listener\.name\.)/,
  ],
  [
    'topics',
    /^log\.(retention\.(ms|bytes|hours|minutes)|segment\.|roll\.|index\.|cleanup\.|preallocate|local\.|message\.)/,
  ],
  ['topics', /^log\.(flush\.interval\.|cleaner\.(delete\.retention|min|max))/],
  ['topics', /^(compression\.|min\.insync\.replicas$|unclean\.leader\.election\.enable$)/],
  [
    'idle',
    /^(process\.roles|node\.id|broker\.|controller\.|controlled\.|inter\.broker\.|zookeeper\.|early\.start\.listeners)/,
  ],
  [
    'idle',
    /^(num\.(network|io|replica)|num\.recovery|background\.threads|socket\.(send|receive|listen|connection)|queued\.max\.requests$)/,
  ],
  [
    'idle',
    /^(default\.replication\.factor|replica\.|replication\.|alter\.log\.dirs\.|auto\.leader\.|leader\.imbalance\.|unclean\.|follower\.)/,
  ],
  ['idle', /^(transaction\.|transactional\.|add\.partitions\.to\.txn\.|share\.|telemetry\.|remote\.|quorum\.|raft\.)/],
  ['idle', /^(offsets\.(topic|commit|load|retention\.check)|metadata\.|group\.(consumer|share|streams|coordinator)\.)/],
  [
    'idle',
    /^(metric\.reporters$|metrics\.(num|recording|sample)\.|kafka\.metrics\.|auto\.include\.|internal\.|initial\.|server\.max\.startup|request\.timeout\.ms$|unstable\.)/,
  ],
  [
    'idle',
    /^((fetch|producer|delete\.records)\.purgatory\.|producer\.id\.expiration\.check\.|connection\.failed\.|max\.request\.partition\.)/,
  ],
  [
    'idle',
    /^(ssl\.(keystore\.password|truststore\.password|endpoint|protocol|secure|provider|keymanager|trustmanager|allow)|security\.)/,
  ],
  ['idle', /^(sasl\.mechanism\.|log\.(cleaner\.(threads|io\.)|flush\.|dir\.failure|initial\.)|cordoned\.)/],
]

/** What the setting is here; `undefined` for one that is not Kafka's either. */
export function foreignSetting(name: string): ForeignSetting | undefined {
  return kinds.find(([, pattern]) => pattern.test(name))?.[0]
}
