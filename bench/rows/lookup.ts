import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { inputFile } from '../input.ts'
import type { Bench, Row } from '../row.ts'
import { quote, runBash } from '../shell.ts'

const repeats = 20
const segments = 100
/** The smallest segment.bytes that Kafka allows since 4.0. */
const segmentBytes = 1_048_576

/** One record out of the middle of a log of a hundred segments, against a start that looks nothing up. */
export const lookupRows: readonly Row[] = [
  lookup('lookup-offset', (offset) => `-o ${offset}`),
  lookup('lookup-time', (_offset, time) => `-o s@${time}`),
]

function lookup(name: string, start: (offset: number, time: string) => string): Row {
  return {
    name,
    limit: 'the start of tslog itself',
    goal: { figure: 'time', must: 1.2, hopedFor: 1.05 },
    async start(bench) {
      const records = fill(bench)
      const tslog = quote(bench.tslog)
      const offset = Math.floor(records / 2) + 7
      const time = runBash(`${tslog} consume t -o ${offset} -c 1 -f '%T\\n'`, bench.surroundings)
      const command = `consume t ${start(offset, time)} -c 1`
      return {
        kind: 'duel',
        tslog: { label: `tslog ${command}`, script: again(`${tslog} ${command}`), repeats },
        rival: { label: 'tslog --version', script: again(`${tslog} --version`), repeats },
        check: `test "$(${tslog} ${command} | wc -l)" = 1`,
      }
    },
  }
}

/** Fills the log of topic t until it has a hundred segments, and returns the number of its records. */
function fill(bench: Bench): number {
  const input = inputFile(bench.data, 'access', Math.ceil(segmentBytes * segments * 0.95))
  const tslog = quote(bench.tslog)
  runBash(
    `${tslog} produce t --config segment.bytes=${segmentBytes} --fsync never < ${quote(input)}`,
    bench.surroundings,
  )
  const count = readdirSync(join(bench.work, 'log', 't-0')).filter((file) => file.endsWith('.log')).length
  if (count < segments) throw new Error(`the log has ${count} segments only`)
  return Number(runBash(`wc -l < ${quote(input)}`, bench.surroundings))
}

function again(command: string): string {
  return `for n in {1..${repeats}}; do ${command} > /dev/null; done`
}
