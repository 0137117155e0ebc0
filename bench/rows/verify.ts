import type { Row } from '../row.ts'
import { quote, runBash } from '../shell.ts'

/** Every checksum, offset and index entry of a log that is in the page cache. */
export const verifyRows: readonly Row[] = [
  {
    name: 'verify',
    limit: 'reading the files once, from the page cache',
    goal: { figure: 'time', must: 3, hopedFor: 1.5 },
    async start(bench) {
      const tslog = quote(bench.tslog)
      const input = quote(await bench.input('access'))
      // Four times the input: it is of logs that are worth a look, not of its start-up. A gigabyte is four segments: one alone would be one thread's.
      const produce = `${tslog} produce t --config segment.bytes=268435456 --fsync never`
      runBash(`cat ${input} ${input} ${input} ${input} | ${produce}`, bench.surroundings)
      const files = 'log/t-0/*.log log/t-0/*index'
      return {
        kind: 'duel',
        tslog: { label: 'tslog verify', script: `${tslog} verify`, prepare: `cat ${files} > /dev/null` },
        rival: { label: 'cat FILES > /dev/null', script: `cat ${files} > /dev/null` },
        check: `${tslog} verify --json | grep -q '"isWhole":true'`,
      }
    },
  },
]
