import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Loopback, loopback } from '../loopback.ts'
import type { Bench, Contender, Row } from '../row.ts'
import { isInstalled, quote, runBash, succeeds } from '../shell.ts'

/** What one side of a row does: the words of `kafka-load` after the port. */
interface Load {
  readonly words: string
  /** Untimed, before it: a server that has run for a while, and something to fetch. How it starts is measured elsewhere. */
  readonly before: readonly string[]
}

const produceLarge = 'produce t 1000 1000 1 4 200 1'

/** `tslog serve` against the least that a broker can do, under the same load from the same program. Both leave the disk to the system. */
export const serveRows: readonly Row[] = [
  row('serve-produce-1mb', { must: 0.65, hopedFor: 0.85 }, (bench) => {
    return { words: `produce t 1000 1000 1 4 ${requests(bench, 1_000_000)} 1`, before: [produceLarge] }
  }),
  row('serve-fetch-1mb', { must: 0.75, hopedFor: 0.9 }, (bench) => {
    const words = (count: number): string => `fetch t 1048576 0 1 1 ${count} 0`
    return { words: words(requests(bench, 250_000)), before: [produceLarge, words(1000)] }
  }),
  row('serve-produce-small', { must: 0.45, hopedFor: 0.7 }, (bench) => {
    const words = (count: number): string => `produce t 100 1 50 8 ${count} 1`
    return { words: words(requests(bench, 2000)), before: [words(20_000)] }
  }),
]

function row(
  name: string,
  goal: { readonly must: number; readonly hopedFor: number },
  loadOf: (bench: Bench) => Load,
): Row {
  return {
    name,
    limit: 'a C program with epoll, pwrite and sendfile',
    goal: { figure: 'speed', ...goal },
    async start(bench) {
      if (!isInstalled('cc')) return { kind: 'skipped', reason: 'there is no C compiler (cc) for the rival' }
      const programs = compiled(bench)
      const load = loadOf(bench)
      const scene = { ...programs, bytes: bench.size, on: loopback((script) => succeeds(script, bench.surroundings)) }
      const tslog = quote(bench.tslog)
      return {
        kind: 'duel',
        tslog: contender(`kafka-load on tslog serve --flush-policy os: ${load.words}`, scene, {
          load,
          serve: `${tslog} serve --quiet --flush-policy os --listen 127.0.0.1:0`,
          ready: `${tslog} topics create t > /dev/null`,
        }),
        rival: contender(`kafka-load on kafka-server.c: ${load.words}`, scene, {
          load,
          serve: `${quote(programs.server)} 0 g`,
          ready: 'true',
        }),
      }
    },
  }
}

/** What both sides of a row have in common. */
interface Scene extends Programs {
  readonly on: Loopback
  /** About as much is written. */
  readonly bytes: number
}

/** The server is started before the clock runs, and killed with the load: how it stops is not what is measured. */
function contender(
  label: string,
  { load: program, on, bytes }: Scene,
  { load, serve, ready }: { readonly load: Load; readonly serve: string; readonly ready: string },
): Contender {
  const running = (words: string): string =>
    on.join('pid', `${quote(program)} "$(sed s/.*:// address)" ${words} > /dev/null`)
  const start = `rm -rf log g address; ${on.serve(serve)} > address < /dev/null 2> said & echo $! > pid; until test -s address; do sleep 0.02; done`
  return {
    label,
    prepare: [start, ready, ...load.before.map(running)].join('; '),
    bytesWritten: bytes,
    script: `${running(load.words)}; kill -9 "$(cat pid)"`,
  }
}

/** For so many bytes of input, at `each` a request. */
function requests(bench: Bench, each: number): number {
  return Math.max(100, Math.floor(bench.size / each))
}

interface Programs {
  readonly load: string
  readonly server: string
}

function compiled(bench: Bench): Programs {
  const build = (name: string, flags: string): string => {
    const source = fileURLToPath(new URL(`../rivals/${name}.c`, import.meta.url))
    const program = join(bench.data, name)
    runBash(`mkdir -p ${quote(bench.data)}; cc -O2 ${flags} -o ${quote(program)} ${quote(source)}`, bench.surroundings)
    return program
  }
  return { load: build('kafka-load', ''), server: build('kafka-server', '-msse4.2') }
}
