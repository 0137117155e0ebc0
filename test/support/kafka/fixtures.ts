/** A record for Kafka to write. */
export interface RecordToWrite {
  readonly key?: Uint8Array | null
  readonly value?: Uint8Array | null
  readonly timestamp?: bigint
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[]
}

/** One batch. A magic below 2 is appended as a follower does, since no leader of today writes it. */
export interface AppendStep {
  readonly do: 'append'
  readonly records: readonly RecordToWrite[]
  readonly magic?: 0 | 1 | 2
  readonly codec?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly leaderEpoch?: number
  readonly producerId?: bigint
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
}

/** The end of a producer's transaction. */
interface MarkerStep {
  readonly do: 'marker'
  readonly type: 'COMMIT' | 'ABORT'
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly coordinatorEpoch?: number
  readonly leaderEpoch?: number
  readonly timestamp?: bigint
}

/** What is done to a partition, in order; compact is one pass of Kafka's cleaner over all closed segments at the time `now`. */
export type Step =
  | AppendStep
  | MarkerStep
  | { readonly do: 'roll' }
  | { readonly do: 'compact'; readonly now?: bigint }
  | { readonly do: 'trim'; readonly logStartOffset: bigint }

/** A log directory for Kafka to write. */
export interface DirectoryToWrite {
  /** False leaves what `kill -9` leaves: indexes at full length, no checkpoints, no clean marker. True by default. */
  readonly clean?: boolean
  /** Topic configuration of every partition. */
  readonly config?: Readonly<Record<string, string>>
  /** Where Kafka's clock stands: the system's time by default. */
  readonly now?: bigint
  readonly partitions: readonly {
    readonly topic: string
    readonly partition: number
    readonly topicId?: string
    readonly steps: readonly Step[]
  }[]
}

/** When the fixtures were written: their records carry this time and the milliseconds after it. */
export const fixtureTime = 1_700_000_000_000n

/** Contents that D13 and its neighbours ask for; each is one partition `<kind>-0`. */
const kinds = {
  codecs: () => codecs.map((codec) => append(lines(50, codec), { codec })),
  headers: () => [
    append([
      { value: text('v'), headers: oddHeaders },
      { value: text('w'), headers: [] },
    ]),
  ],
  nulls: () => [
    append([{ key: null, value: text('v') }, { key: text('k'), value: null }, { key: text(''), value: text('') }, {}]),
  ],
  legacy: () => legacySets(),
  segments: () => [1, 2, 3, 4].flatMap((n) => [...several(n), { do: 'roll' } as const]),
  transactions: () => transactions(),
  idempotent: () =>
    [0, 3, 6, 9, 12, 15, 18].map((baseSequence) => append(lines(3, 'once'), { ...producer(7n), baseSequence })),
  epochs: () => [0, 3, 3, 9].map((leaderEpoch) => append(lines(2, `epoch ${leaderEpoch}`), { leaderEpoch })),
  compacted: () => compacted(),
  trimmed: () => [
    append(lines(10, 'old')),
    { do: 'roll' } as const,
    append(lines(10, 'new')),
    { do: 'trim', logStartOffset: 13n } as const,
  ],
} satisfies Record<string, () => Step[]>

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** The name of a ready-made content. */
export type FixtureKind = keyof typeof kinds

/** All names, for tables of tests. */
export const fixtureKinds = Object.keys(kinds) as FixtureKind[]

/** The directory of one kind: the topic has the name of the kind. */
export function fixture(kind: FixtureKind): DirectoryToWrite {
  const config = kind === 'compacted' ? { 'cleanup.policy': 'compact' } : {}
  return { config, now: fixtureTime + 1000n, partitions: [{ topic: kind, partition: 0, steps: kinds[kind]() }] }
}

/** A key that repeats is overwritten, a tombstone stays with its horizon, a transaction is dropped or kept: gaps everywhere. */
function compacted(): Step[] {
  const keyed = (key: string, value: string | null): RecordToWrite => ({
    key: text(key),
    value: value === null ? null : text(value),
  })
  const aborted = { ...producer(5n), baseSequence: 0, isTransactional: true }
  return [
    append([keyed('a', '1'), keyed('b', '1'), keyed('c', '1')]),
    append([keyed('a', '2'), keyed('b', null)], { codec: 'zstd' }),
    append([keyed('d', 'never')], aborted),
    { do: 'marker', type: 'ABORT', producerId: 5n, producerEpoch: 0 },
    append([keyed('a', '3')], { ...producer(6n), baseSequence: 0 }),
    append([keyed('a', '4')], { codec: 'lz4' }),
    { do: 'roll' },
    append([keyed('e', 'active')]),
    { do: 'compact', now: fixtureTime + 1000n },
  ]
}

function transactions(): Step[] {
  const first = { ...producer(1000n), isTransactional: true }
  const second = { ...producer(2000n), isTransactional: true }
  return [
    append(lines(3, 'committed'), { ...first, baseSequence: 0 }),
    append(lines(2, 'aborted'), { ...second, baseSequence: 0 }),
    { do: 'marker', type: 'COMMIT', producerId: 1000n, producerEpoch: 0, coordinatorEpoch: 2 },
    append(lines(2, 'plain')),
    { do: 'marker', type: 'ABORT', producerId: 2000n, producerEpoch: 0, coordinatorEpoch: 3 },
    append(lines(1, 'still open'), { ...first, baseSequence: 3 }),
  ]
}

function legacySets(): Step[] {
  const zero = (['none', 'gzip', 'snappy', 'lz4'] as const).map((codec) => append(legacy(codec), { magic: 0, codec }))
  const one = (['none', 'gzip', 'snappy', 'lz4'] as const).map((codec) => append(legacy(codec), { magic: 1, codec }))
  return [...zero, ...one, append(lines(3, 'after the upgrade'))]
}

/** Enough batches for index entries: one is made every 4096 bytes. */
function several(segment: number): AppendStep[] {
  return [1, 2, 3, 4, 5].map((n) => append(lines(20, `segment ${segment}, batch ${n}`)))
}

function legacy(codec: string): RecordToWrite[] {
  return [
    { key: text(codec), value: text('one') },
    { key: null, value: text('two') },
    { key: text('three'), value: null },
  ]
}

function append(records: readonly RecordToWrite[], options: Omit<AppendStep, 'do' | 'records'> = {}): AppendStep {
  return { do: 'append', records, ...options }
}

function producer(producerId: bigint): { producerId: bigint; producerEpoch: number } {
  return { producerId, producerEpoch: 0 }
}

function lines(count: number, word: string): RecordToWrite[] {
  return Array.from({ length: count }, (_, n) => ({
    key: text(`key ${n % 7}`),
    value: text(`${word} ${n} ${'.'.repeat((n * 37) % 200)}`),
    timestamp: fixtureTime + BigInt(n),
  }))
}

const oddHeaders = [
  { key: 'trace', value: text('0af7651916cd43dd') },
  { key: 'trace', value: text('twice') },
  { key: 'null', value: null },
  { key: 'ключ', value: new Uint8Array([0, 255, 128]) },
  { key: '', value: new Uint8Array() },
]

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}
