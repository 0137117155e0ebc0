import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Row } from '../row.ts'
import { quote, runBash } from '../shell.ts'

const repeats = 10
const topics = 100
const partitionsPerTopic = 10
const segmentsPerPartition = 10

/** The cost of a directory with many files: 1,000 partitions of 10 segments, 30,000 files. */
export const topicsListRows: readonly Row[] = [
  {
    name: 'topics-list',
    limit: 'the start of tslog itself',
    goal: { figure: 'extraMs', must: 60, hopedFor: 30 },
    async start(bench) {
      const tslog = quote(bench.tslog)
      const create = `${tslog} topics create "bench-$n" --partitions ${partitionsPerTopic}`
      runBash(`for n in {1..${topics}}; do ${create} > /dev/null; done`, bench.surroundings)
      const log = join(bench.work, 'log')
      const partitions = readdirSync(log, { withFileTypes: true }).filter((entry) => entry.isDirectory())
      for (const { name } of partitions) fill(join(log, name))
      return {
        kind: 'duel',
        tslog: { label: 'tslog topics list', script: again(`${tslog} topics list`), repeats },
        rival: { label: 'tslog --version', script: again(`${tslog} --version`), repeats },
        check: `test "$(${tslog} topics list | grep -c bench-)" = ${topics}`,
      }
    },
  },
]

/** Replaces what the topic was created with by segments of one batch each, as another writer would have left them. */
function fill(partition: string): void {
  for (const file of readdirSync(partition)) {
    if (/\.(log|index|timeindex|snapshot|lock)$/.test(file)) rmSync(join(partition, file))
  }
  for (let n = 0; n < segmentsPerPartition; n++) {
    const stem = join(partition, String(n * recordsPerBatch).padStart(20, '0'))
    writeFileSync(`${stem}.log`, batchAt(n * recordsPerBatch))
    writeFileSync(`${stem}.index`, '')
    writeFileSync(`${stem}.timeindex`, finalTimeEntry)
  }
}

const recordsPerBatch = 2

/** A batch of two records, as Kafka writes it; the base offset lies outside its CRC. */
const batch = Buffer.from(
  '00000000000000000000004500000000' +
    '02f518ff54000000000001' +
    '0000018bcfe568000000018bcfe56807' +
    'ffffffffffffffffffffffffffff' +
    '00000002' +
    '1000000002' +
    '6b027600' +
    '14000e0208' +
    '646561640100',
  'hex',
)

function batchAt(baseOffset: number): Buffer {
  const copy = Buffer.from(batch)
  copy.writeBigInt64BE(BigInt(baseOffset))
  return copy
}

/** The largest timestamp of the segment and where it is: relative offset 1. */
const finalTimeEntry = Buffer.from('0000018bcfe5680700000001', 'hex')

function again(command: string): string {
  return `for n in {1..${repeats}}; do ${command} > /dev/null; done`
}
