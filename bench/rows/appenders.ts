import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bench, Row } from '../row.ts'
import { isInstalled, quote, runBash } from '../shell.ts'

const processes = 8

/** Many long-lived writers on one partition, each record in a batch of its own: the price of the lock. */
export const appenderRows: readonly Row[] = [
  {
    name: 'appenders',
    limit: 'eight C programs doing lock + write + unlock on one file',
    goal: { figure: 'speed', must: 0.4, hopedFor: 0.7 },
    async start(bench) {
      if (!isInstalled('cc')) return { kind: 'skipped', reason: 'there is no C compiler (cc) for the rival' }
      const rival = compiled(bench)
      const tslog = quote(bench.tslog)
      const count = appends(bench)
      runBash(`yes ${'x'.repeat(99)} | head -n ${count} > lines || test -s lines`, bench.surroundings)
      const produce = `${tslog} produce t --linger 0 --fsync never --batch-size 1`
      const total = count * processes
      return {
        kind: 'duel',
        tslog: {
          label: `8 x produce t --linger 0 --fsync never --batch-size 1 (${total} appends)`,
          prepare: `rm -rf log; ${tslog} topics create t > /dev/null`,
          script: atOnce(`${produce} < lines`),
        },
        rival: {
          label: '8 x lock, write 100 bytes, unlock',
          prepare: 'rm -f g',
          script: atOnce(`${quote(rival)} g ${count} > /dev/null`),
        },
        check: `test "$(${tslog} consume t | wc -l)" = ${total}; ${atLeastThatManyBatches(total)}`,
      }
    },
  },
]

/** 50,000 a process take C one to two seconds; a small --size asks for a smoke run. */
function appends(bench: Bench): number {
  return Math.max(500, Math.min(50_000, Math.floor(bench.size / 2000)))
}

/** A batch of one 100-byte record takes 169 bytes or so, of which 61 are its header: fewer bytes mean that records were put together. */
function atLeastThatManyBatches(records: number): string {
  return `test "$(cat log/t-0/*.log | wc -c)" -ge ${records * (61 + 99)}`
}

function compiled(bench: Bench): string {
  const source = fileURLToPath(new URL('../rivals/locked-append.c', import.meta.url))
  const program = join(bench.data, 'locked-append')
  runBash(`mkdir -p ${quote(bench.data)}; cc -O2 -Wall -o ${quote(program)} ${quote(source)}`, bench.surroundings)
  return program
}

/** All at once; fails if any of them does. */
function atOnce(command: string): string {
  return `for n in {1..${processes}}; do ${command} & done; for job in $(jobs -p); do wait $job; done`
}
