import type { Row } from '../row.ts'
import { quote, runBash } from '../shell.ts'

/** Lines out into a pipe. Every batch is checked against its CRC on the way; the rival checks nothing. */
export const consumeRows: readonly Row[] = [
  {
    name: 'consume',
    limit: 'one file through a 64 KB pipe',
    goal: { figure: 'time', must: 1.1, hopedFor: 0.9 },
    async start(bench) {
      const input = quote(await bench.input('access'))
      const tslog = quote(bench.tslog)
      runBash(`${tslog} produce t --fsync never < ${input}`, bench.surroundings)
      return {
        kind: 'duel',
        tslog: { label: 'tslog consume t | wc -l', script: `${tslog} consume t | wc -l` },
        rival: { label: 'cat f | wc -l', script: `cat ${input} | wc -l` },
        check: `${tslog} consume t | cmp - ${input}`,
      }
    },
  },
]
