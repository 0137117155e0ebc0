import type { Bench, Duel, Row } from '../row.ts'
import { quote } from '../shell.ts'

const repeats = 20

/** Start-up against an empty Node 26: what any tool written in JavaScript pays before its first line. */
export const startupRows: readonly Row[] = [
  hot('startup-produce', 'produce t < /dev/null'),
  hot('startup-version', '--version'),
  hot('startup-consume', 'consume t'),
  other('startup-help', '--help'),
  other('startup-list', 'topics list'),
]

function hot(name: string, command: string): Row {
  return startup(name, command, { must: 0.4, hopedFor: 0.28 })
}

function other(name: string, command: string): Row {
  return startup(name, command, { must: 1.1, hopedFor: 0.8 })
}

function startup(name: string, command: string, bar: { must: number; hopedFor: number }): Row {
  return {
    name,
    limit: 'the start of an empty Node 26',
    goal: { figure: 'time', ...bar },
    start: async (bench) => versusNode(bench, command),
  }
}

function versusNode(bench: Bench, command: string): Duel {
  return {
    kind: 'duel',
    tslog: {
      label: `tslog ${command}`,
      prepare: `test -e log || echo hello | ${quote(bench.tslog)} produce t`,
      script: again(`${quote(bench.tslog)} ${command}`),
      repeats,
    },
    rival: { label: 'node -e 0', script: again(`${quote(bench.node)} -e 0`), repeats },
  }
}

function again(command: string): string {
  return `for n in {1..${repeats}}; do ${command} > /dev/null; done`
}
