import { freshTopic, holds, javaClass, kafkaRowsMissing, type Side, startKafka, startTslog } from '../broker-sides.ts'
import type { Bench, Contender, Goal, Row } from '../row.ts'
import { isInstalled, quote, runBash } from '../shell.ts'

type FlushPolicy = 'os' | 'sync'

/** Kafka's perf tests and kcat on `tslog serve` and on Apache Kafka. os: both leave the disk to the system. sync: both sync before they answer. */
export const kafkaSpeedRows: readonly Row[] = [
  producerPerf('kafka-produce-100-os-1', { recordBytes: 100, acks: '1', flushPolicy: 'os' }),
  producerPerf('kafka-produce-100-os-all', { recordBytes: 100, acks: 'all', flushPolicy: 'os' }),
  producerPerf('kafka-produce-1k-os-1', { recordBytes: 1024, acks: '1', flushPolicy: 'os' }),
  producerPerf('kafka-produce-1k-os-all', { recordBytes: 1024, acks: 'all', flushPolicy: 'os' }),
  producerPerf('kafka-produce-100-sync-1', { recordBytes: 100, acks: '1', flushPolicy: 'sync' }),
  producerPerf('kafka-produce-100-sync-all', { recordBytes: 100, acks: 'all', flushPolicy: 'sync' }),
  producerPerf('kafka-produce-1k-sync-1', { recordBytes: 1024, acks: '1', flushPolicy: 'sync' }),
  producerPerf('kafka-produce-1k-sync-all', { recordBytes: 1024, acks: 'all', flushPolicy: 'sync' }),
  syncAgainstOs('sync-against-os-100', 100),
  syncAgainstOs('sync-against-os-1k', 1024),
  consumerPerf(),
  kcat('kafka-kcat-os', ['--flush-policy', 'os']),
  kcat('kafka-kcat-sync', []),
  produceAgainstKcat(),
]

interface Load {
  readonly recordBytes: number
  readonly acks: '1' | 'all'
  readonly records: number
}

function producerPerf(name: string, options: Omit<Load, 'records'> & { readonly flushPolicy: FlushPolicy }): Row {
  const { flushPolicy, recordBytes, acks } = options
  const limit = flushPolicy === 'os' ? 'Apache Kafka, defaults' : 'Apache Kafka, flush.messages=1'
  return versusKafka(name, {
    limit,
    goal: flushPolicy === 'os' ? { must: 1, hopedFor: 1.5 } : { must: 3, hopedFor: 10 },
    flags: ['--flush-policy', flushPolicy],
    work: (bench, side, broker) => {
      const records = recordsOf(bench, recordBytes, flushPolicy)
      return {
        label: `kafka-producer-perf-test ${records} x ${recordBytes} B acks=${acks} on ${broker}`,
        prepare: freshTopic(bench, side, flushPolicy === 'sync' && broker === 'Kafka' ? '-c flush.messages=1' : ''),
        script: perf(bench, side, { recordBytes, acks, records }),
        amountFile: 'seconds',
      }
    },
  })
}

function syncAgainstOs(name: string, recordBytes: number): Row {
  return {
    name,
    limit: 'the same broker with flush.policy=os',
    goal: { figure: 'speed', must: 0.6, hopedFor: 0.85 },
    start(bench) {
      const skipped = kafkaRowsMissing()
      if (skipped !== undefined) return Promise.resolve(skipped)
      const sides = (['sync', 'os'] as const).map((policy) => startTslog(bench, policy, ['--flush-policy', policy]))
      const records = recordsOf(bench, recordBytes, 'sync')
      const contender = (side: Side, policy: FlushPolicy): Contender => ({
        label: `kafka-producer-perf-test ${records} x ${recordBytes} B acks=all, --flush-policy ${policy}`,
        prepare: freshTopic(bench, side),
        script: perf(bench, side, { recordBytes, acks: 'all', records }),
        amountFile: 'seconds',
        servers: [side.pid],
      })
      const [sync, os] = sides as [Side, Side]
      return Promise.resolve({
        kind: 'duel',
        tslog: contender(sync, 'sync'),
        rival: contender(os, 'os'),
        end: () => sides.forEach((side) => side.stop()),
      })
    },
  }
}

function consumerPerf(): Row {
  return versusKafka('kafka-consume', {
    limit: 'Apache Kafka, defaults',
    goal: { must: 1, hopedFor: 1.5 },
    flags: ['--flush-policy', 'os'],
    work: (bench, side, broker) => {
      const records = recordsOf(bench, 1024)
      const fill = perf(bench, side, { recordBytes: 1024, acks: '1', records })
      runBash(`${freshTopic(bench, side)}; ${fill}`, bench.surroundings)
      const words = `--bootstrap-server ${side.bootstrap} --topic ${side.topic} --num-records ${records} --hide-header`
      return {
        label: `kafka-consumer-perf-test ${records} x 1024 B on ${broker}`,
        // start.time, end.time, MB, MB/s, records, records/s, ms of joining the group, ms of fetching (for its own fetch.MB.sec), ...
        script: [
          `${javaClass(bench, 'org.apache.kafka.tools.ConsumerPerformance')} ${words} > said`,
          `awk -F ', ' 'END { if ($5 < ${records}) exit 1; print $8 / 1000 }' said > seconds`,
        ].join('; '),
        amountFile: 'seconds',
      }
    },
  })
}

/** Lines of kcat; the lines end up as records of about 100 bytes. */
function kcat(name: string, flags: readonly string[]): Row {
  return versusKafka(name, {
    limit: 'the same kcat into Apache Kafka, defaults',
    goal: { must: 1, hopedFor: 1.3 },
    flags,
    needs: 'kcat',
    work: async (bench, side, broker) => {
      const input = await bench.input('access')
      return {
        label: `kcat -P -l f into ${broker}`,
        prepare: freshTopic(bench, side),
        script: `${kcatInto(side, input)}; ${holds(bench, side, lines(bench, input))}`,
      }
    },
  })
}

function produceAgainstKcat(): Row {
  return {
    name: 'produce-against-kcat',
    limit: 'kcat into tslog serve --flush-policy os',
    goal: { figure: 'speed', must: 4, hopedFor: 6 },
    async start(bench) {
      if (!isInstalled('kcat')) return { kind: 'skipped', reason: 'kcat is not installed' }
      const skipped = kafkaRowsMissing()
      if (skipped !== undefined) return skipped
      const input = await bench.input('access')
      const side = startTslog(bench, 'served', ['--flush-policy', 'os'])
      return {
        kind: 'duel',
        tslog: {
          label: 'tslog produce t < f',
          prepare: 'rm -rf log',
          script: `${quote(bench.tslog)} produce t < ${quote(input)}`,
        },
        rival: {
          label: 'kcat -P -l f into tslog serve',
          prepare: freshTopic(bench, side),
          script: `${kcatInto(side, input)}; ${holds(bench, side, lines(bench, input))}`,
          servers: [side.pid],
        },
        check: `${quote(bench.tslog)} consume t | cmp - ${quote(input)}`,
        end: () => side.stop(),
      }
    },
  }
}

type Broker = 'tslog' | 'Kafka'

interface Versus {
  readonly limit: string
  readonly goal: Pick<Goal, 'must' | 'hopedFor'>
  /** Of `tslog serve`. */
  readonly flags: readonly string[]
  /** A client that must be installed. */
  readonly needs?: string
  readonly work: (bench: Bench, side: Side, broker: Broker) => Contender | Promise<Contender>
}

/** Both brokers stand throughout, and are worked with in turn. */
function versusKafka(name: string, { limit, goal, flags, needs, work }: Versus): Row {
  return {
    name,
    limit,
    goal: { figure: 'speed', ...goal },
    async start(bench) {
      const skipped = kafkaRowsMissing()
      if (skipped !== undefined) return skipped
      if (needs !== undefined && !isInstalled(needs)) return { kind: 'skipped', reason: `${needs} is not installed` }
      const kafka = await startKafka(bench)
      const sides = [kafka]
      try {
        const tslog = startTslog(bench, 'served', flags)
        sides.push(tslog)
        return {
          kind: 'duel',
          tslog: { ...(await work(bench, tslog, 'tslog')), servers: [tslog.pid] },
          rival: { ...(await work(bench, kafka, 'Kafka')), servers: [kafka.pid] },
          end: () => sides.forEach((side) => side.stop()),
        }
      } catch (error) {
        for (const side of sides) side.stop()
        throw error
      }
    },
  }
}

/** Bytes of records where each batch waits for the disk: more would take Kafka many minutes. */
const syncedBytesMax = 100_000_000

function recordsOf({ size }: Bench, recordBytes: number, flushPolicy: FlushPolicy = 'os'): number {
  const bytes = flushPolicy === 'sync' ? Math.min(size, syncedBytesMax) : size
  return Math.max(1000, Math.floor(bytes / recordBytes))
}

/** Bytes that the client sends before it is measured: until then its own code is interpreted for the most part, whoever the broker is. */
const warmUpBytes = 100_000_000

/**
 * Takes what the tool itself says of its speed once it is warm:
 * `N steady state records sent, R records/sec (M MB/sec), ...`. Its clock runs from the first of them to the last answer.
 */
function perf(bench: Bench, side: Side, { recordBytes, acks, records }: Load): string {
  const warmUp = Math.floor(Math.min(warmUpBytes / recordBytes, records))
  const words = `--topic ${side.topic} --num-records ${warmUp + records} --warmup-records ${warmUp} --record-size ${recordBytes} --throughput -1`
  return [
    `${javaClass(bench, 'org.apache.kafka.tools.ProducerPerformance')} --bootstrap-server ${side.bootstrap} ${words} --command-property acks=${acks} > said`,
    `awk '/^${records} steady state records sent/ { print ${records} / $6 }' said > seconds`,
    holds(bench, side, warmUp + records),
  ].join('; ')
}

function kcatInto({ bootstrap, topic }: Side, input: string): string {
  return `kcat -q -P -b ${bootstrap} -t ${topic} -l ${quote(input)}`
}

function lines(bench: Bench, input: string): number {
  return Number(runBash(`wc -l < ${quote(input)}`, bench.surroundings))
}
