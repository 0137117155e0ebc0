import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { layOutKafka } from '../../test/support/kafka/broker.ts'
import {
  firstMetadata,
  freshTopic,
  holds,
  javaClass,
  kafkaRowsMissing,
  kafkaServer,
  portOf,
  type Side,
  startKafka,
  startTslog,
} from '../broker-sides.ts'
import type { Bench, Contender, Duel, Goal, Row } from '../row.ts'
import { quote } from '../shell.ts'

/** What a broker costs by being there: its start, and its memory. */
export const kafkaPresenceRows: readonly Row[] = [
  start('kafka-start', 'Apache Kafka', { figure: 'time', must: 1 / 15, hopedFor: 1 / 50 }),
  start('kafka-start-ms', 'nothing', { figure: 'extraMs', must: 200, hopedFor: 60 }),
  memory('kafka-memory-idle', { must: 1 / 5, hopedFor: 1 / 8 }, idleMemory),
  memory('kafka-memory-load', { must: 1 / 3, hopedFor: 1 / 8 }, loadMemory),
]

/** From the start of the process, on a fresh directory, to the first Metadata that is answered. */
function start(name: string, limit: string, goal: Goal): Row {
  return {
    name,
    limit,
    goal,
    async start(bench) {
      const skipped = kafkaRowsMissing()
      if (skipped !== undefined) return skipped
      const { home, config, logDir, bootstrap } = await layOutKafka({ home: join(bench.work, 'kafka') })
      const formatted = join(home, 'formatted')
      cpSync(logDir, formatted, { recursive: true })
      const port = portOf(bootstrap)
      const untilAnswered = (server: string): string =>
        `${server} > said 2>&1 & ${firstMetadata(bench)} ${port}; kill -9 $!; wait $! || true`
      const kafka: Contender = {
        label: 'Kafka, until Metadata is answered',
        prepare: `rm -rf ${quote(logDir)}; cp -a ${quote(formatted)} ${quote(logDir)}`,
        script: untilAnswered(kafkaServer(config)),
      }
      return {
        kind: 'duel',
        tslog: {
          label: 'tslog serve, until Metadata is answered',
          prepare: 'rm -rf log',
          script: untilAnswered(`${quote(bench.tslog)} serve --listen 127.0.0.1:${port}`),
        },
        rival: goal.figure === 'time' ? kafka : { label: 'nothing', script: 'true' },
      }
    },
  }
}

/** Pages of the process that are no file's. */
function memory(
  name: string,
  bar: Pick<Goal, 'must' | 'hopedFor'>,
  work: (bench: Bench, side: Side) => Omit<Contender, 'label'>,
): Row {
  return {
    name,
    limit: 'Apache Kafka, defaults',
    goal: { figure: 'memory', ...bar },
    async start(bench) {
      const skipped = kafkaRowsMissing()
      return skipped ?? (await memoryDuel(bench, work))
    },
  }
}

async function memoryDuel(bench: Bench, work: (bench: Bench, side: Side) => Omit<Contender, 'label'>): Promise<Duel> {
  const kafka = await startKafka(bench)
  const tslog = startTslog(bench, 'served', [])
  const contender = (label: string, side: Side): Contender => ({
    label: `RssAnon of ${label}`,
    amountFile: 'megabytes',
    servers: [side.pid],
    ...work(bench, side),
  })
  return {
    kind: 'duel',
    tslog: contender('tslog serve', tslog),
    rival: contender('Kafka', kafka),
    end: () => [kafka, tslog].forEach((side) => side.stop()),
  }
}

function idleMemory(bench: Bench, side: Side): Omit<Contender, 'label'> {
  return { prepare: freshTopic(bench, side), script: `sleep 3; ${rssAnon(side)} > megabytes` }
}

/** Sampled while Kafka's perf tests produce records of 1 KB and consume them at the same time. */
function loadMemory(bench: Bench, side: Side): Omit<Contender, 'label'> {
  const records = Math.max(1000, Math.floor(bench.size / 1024))
  const tool = (name: string, words: string): string =>
    `${javaClass(bench, `org.apache.kafka.tools.${name}`)} --bootstrap-server ${side.bootstrap} --topic ${side.topic} --num-records ${records} ${words} > said-${name}`
  return {
    prepare: freshTopic(bench, side),
    script: [
      `{ while ${rssAnon(side)}; do sleep 0.05; done; } > samples & sampler=$!`,
      `${tool('ConsumerPerformance', '')} & consumer=$!`,
      tool('ProducerPerformance', '--record-size 1024 --throughput -1'),
      'wait $consumer',
      'kill $sampler',
      'sort -n samples | tail -n 1 > megabytes',
      holds(bench, side, records),
    ].join('; '),
  }
}

function rssAnon({ pid }: Side): string {
  return `awk '/^RssAnon/ { print $2 * 1024 / 1000000 }' /proc/${pid}/status`
}

/** RssAnon of a process of ours, in MB. */
export function rssAnonOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return (Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1]) * 1024) / 1e6
}
