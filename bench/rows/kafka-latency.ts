import { freshTopic, holds, javaClass, kafkaRowsMissing, type Side, startKafka, startTslog } from '../broker-sides.ts'
import type { Bench, Contender, Row } from '../row.ts'

type Percentile = 'p50' | 'p99'

interface Measured {
  readonly what: 'produce' | 'consume'
  readonly percentile: Percentile
  readonly flushPolicy: 'os' | 'sync'
}

/** What Kafka's own client waits for: an acknowledgement, or its record at the other end. */
export const kafkaLatencyRows: readonly Row[] = [
  latency('kafka-latency-os-p99', { what: 'produce', percentile: 'p99', flushPolicy: 'os' }),
  latency('kafka-latency-sync-p99', { what: 'produce', percentile: 'p99', flushPolicy: 'sync' }),
  latency('kafka-end-to-end-os-p50', { what: 'consume', percentile: 'p50', flushPolicy: 'os' }),
  latency('kafka-end-to-end-os-p99', { what: 'consume', percentile: 'p99', flushPolicy: 'os' }),
  latency('kafka-end-to-end-sync-p50', { what: 'consume', percentile: 'p50', flushPolicy: 'sync' }),
  latency('kafka-end-to-end-sync-p99', { what: 'consume', percentile: 'p99', flushPolicy: 'sync' }),
]

/** Records a second; what `produce` is measured at. */
const rate = 5000

function latency(name: string, measured: Measured): Row {
  const { flushPolicy } = measured
  return {
    name,
    limit: flushPolicy === 'os' ? 'Apache Kafka, defaults' : 'Apache Kafka, flush.messages=1',
    goal: { figure: 'time', must: 1, hopedFor: 0.5 },
    async start(bench) {
      const skipped = kafkaRowsMissing()
      if (skipped !== undefined) return skipped
      const kafka = await startKafka(bench)
      const tslog = startTslog(bench, 'served', ['--flush-policy', flushPolicy])
      const configs = flushPolicy === 'sync' ? '-c flush.messages=1' : ''
      return {
        kind: 'duel',
        tslog: contender(bench, tslog, { ...measured, prepare: freshTopic(bench, tslog), broker: 'tslog' }),
        rival: contender(bench, kafka, { ...measured, prepare: freshTopic(bench, kafka, configs), broker: 'Kafka' }),
        end: () => [kafka, tslog].forEach((side) => side.stop()),
      }
    },
  }
}

function contender(
  bench: Bench,
  side: Side,
  { what, percentile, prepare, broker }: Measured & { readonly prepare: string; readonly broker: string },
): Contender {
  // With inputs of 1 GB: half a minute of each.
  const count = Math.max(1000, Math.floor(bench.size / (what === 'produce' ? 6_667 : 100_000)))
  const words = `${what} ${side.bootstrap} ${side.topic} ${count} ${what === 'produce' ? rate : ''}`
  const label =
    what === 'produce'
      ? `${percentile} until acknowledged, acks=all, ${rate} records/s into ${broker}`
      : `${percentile} from send to poll through ${broker}`
  return {
    label,
    prepare,
    script: [
      `${javaClass(bench, 'KafkaLatency')} ${words} > latencies`,
      `cut -d ' ' -f ${percentile === 'p50' ? 1 : 2} latencies > seconds`,
      holds(bench, side, count + Math.floor(count / 10)),
    ].join('; '),
    amountFile: 'seconds',
    servers: [side.pid],
  }
}
