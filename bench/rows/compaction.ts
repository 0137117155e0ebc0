import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kafkaJars, kafkaMissing } from '../../test/support/kafka/home.ts'
import type { Bench, Row } from '../row.ts'
import { quote, runBash } from '../shell.ts'

const segmentBytes = 100_000_000
const rivals = fileURLToPath(new URL('../rivals', import.meta.url))

/** Both sides read the segments from the page cache, and say how long the work itself took. */
export const compactionRows: readonly Row[] = [
  {
    name: 'compact-kafka',
    limit: "Apache Kafka's own log cleaner on the same segments, by the time that it logs",
    goal: { figure: 'speed', must: 2, hopedFor: 5 },
    async start(bench) {
      const missing = kafkaMissing()
      if (missing !== undefined) return { kind: 'skipped', reason: missing }
      const input = quote(await bench.input('keyed'))
      const tslog = quote(bench.tslog)
      const configs = `-c cleanup.policy=compact -c segment.bytes=${segmentBytes}`
      const make = `${tslog} topics create t ${configs}; ${tslog} produce t -K : --fsync never < ${input}`
      runBash(`${make}; mv log made`, bench.surroundings)
      return {
        kind: 'duel',
        tslog: {
          label: 'tslog compact t --dirty-ratio 0',
          prepare: 'rm -rf log; cp -a made log; cat log/t-0/*.log > /dev/null',
          script: `${tslog} compact t --dirty-ratio 0`,
        },
        rival: {
          label: "Kafka's log cleaner",
          prepare:
            'rm -rf kafka; mkdir kafka; cp -a made/t-0 kafka/t-0; rm kafka/t-0/tslog*; cat kafka/t-0/*.log > /dev/null',
          script: `java -cp ${quote(`${cleanerClasses(bench)}:${kafkaJars()}/*`)} KafkaCleaner kafka/t-0 ${segmentBytes} > seconds`,
          amountFile: 'seconds',
        },
        check: `${tslog} verify && test "$(${tslog} consume t -f '%k\\n' | sort | uniq -d | wc -l)" -lt 1000000`,
      }
    },
  },
  {
    name: 'compact-map',
    limit: 'a Map of JavaScript, 10 million distinct keys',
    goal: { figure: 'speed', must: 8, hopedFor: 17 },
    start(bench) {
      const program = `${quote(bench.node)} ${quote(join(rivals, 'compaction-map.ts'))}`
      const keys = bench.size / 100
      const side = (name: string): { label: string; script: string; amountFile: string } => ({
        label: `${keys} keys noted and looked up: ${name}`,
        script: `${program} ${name} ${keys} > seconds`,
        amountFile: 'seconds',
      })
      return Promise.resolve({ kind: 'duel', tslog: side('kernel'), rival: side('map') })
    },
  },
]

/** Kafka's cleaner as a program, compiled once. */
function cleanerClasses({ data }: Bench): string {
  const classes = join(data, 'kafka-cleaner')
  if (existsSync(classes)) return classes
  mkdirSync(classes, { recursive: true })
  const source = join(rivals, 'KafkaCleaner.java')
  const { status, stderr } = spawnSync('javac', ['-d', classes, '-cp', `${kafkaJars()}/*`, source], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`javac: ${stderr}`)
  return classes
}
