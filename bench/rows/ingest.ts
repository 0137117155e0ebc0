import type { InputKind } from '../input.ts'
import type { Bench, Contender, Duel, Row } from '../row.ts'
import { isInstalled, quote } from '../shell.ts'

const pipe = 'one copy through a 64 KB pipe into the page cache'

/** Lines in through a pipe. The file on the left of `cat` is in the page cache; the log and the copy are fresh files. */
export const ingestRows: readonly Row[] = [
  versusCat('ingest-100', 'access', { must: 1.5, hopedFor: 1.1 }),
  {
    name: 'ingest-100-durable',
    limit: `${pipe}, and to the disk`,
    goal: { figure: 'time', must: 1.2, hopedFor: 1.0 },
    async start(bench) {
      const input = await bench.input('access')
      const rival = {
        label: 'cat f | cat > g && sync g',
        prepare: 'rm -rf log g',
        script: `cat ${quote(input)} | cat > g && sync g`,
      }
      return produced(bench, input, { flags: '', rival })
    },
  },
  versusCat('ingest-20', 'short', { must: 1.9, hopedFor: 1.5 }),
  versusCat('ingest-1k', 'json', { must: 1.3, hopedFor: 1.0 }),
  {
    name: 'ingest-multilog',
    limit: 'the classic log writer of daemontools, without its time stamps',
    goal: { figure: 'speed', must: 4.2, hopedFor: 6 },
    async start(bench) {
      if (!isInstalled('multilog'))
        return { kind: 'skipped', reason: 'multilog (Debian: daemontools) is not installed' }
      const input = await bench.input('access')
      const rival = {
        label: 'cat f | multilog ./dir',
        prepare: 'rm -rf log dir',
        script: `cat ${quote(input)} | multilog ./dir 2> /dev/null`,
      }
      return produced(bench, input, { flags: '--fsync never', rival })
    },
  },
]

function versusCat(name: string, kind: InputKind, bar: { must: number; hopedFor: number }): Row {
  return {
    name,
    limit: pipe,
    goal: { figure: 'time', ...bar },
    async start(bench) {
      const input = await bench.input(kind)
      const rival = { label: 'cat f | cat > g', prepare: 'rm -rf log g', script: `cat ${quote(input)} | cat > g` }
      return produced(bench, input, { flags: '--fsync never', rival })
    },
  }
}

/** A log has more than its lines, the more the shorter they are: of lines of 20 bytes 1.3 times as much. */
const bytesPerByte = 1.5

/** `cat f | tslog produce t` with flags, checked once: what comes out again is what went in. */
export function produced(bench: Bench, input: string, options: { flags: string; rival: Contender }): Duel {
  const tslog = quote(bench.tslog)
  const bytesWritten = bench.size * bytesPerByte
  return {
    kind: 'duel',
    tslog: {
      label: `cat f | tslog produce t ${options.flags}`.trimEnd(),
      prepare: 'rm -rf log g dir',
      script: `cat ${quote(input)} | ${tslog} produce t ${options.flags}`,
      bytesWritten,
    },
    rival: { ...options.rival, bytesWritten },
    check: `${tslog} consume t | cmp - ${quote(input)}`,
  }
}
