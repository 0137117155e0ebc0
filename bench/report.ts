import { quietShare } from './compare.ts'
import type { Comparison } from './compare.ts'
import type { Goal, Row } from './row.ts'

/** The outcome of a row, as --json writes it. */
export type Outcome =
  | ({ readonly row: string; readonly limit: string; readonly goal: Goal } & Verdict & {
        readonly kind: 'compared'
        readonly comparison: Comparison
      })
  | ({ readonly row: string; readonly limit: string; readonly goal: Goal } & Verdict & {
        readonly kind: 'read'
        readonly label: string
        readonly amount: number
        readonly note: string
      })
  | { readonly row: string; readonly kind: 'skipped' | 'failed'; readonly reason: string }

/** Whether the bar was reached. `isHopedForMet` is missing where nothing more was hoped for. */
export interface Verdict {
  readonly isMustMet: boolean
  readonly isHopedForMet?: boolean
}

/** Holds a figure against its goal. */
export function judge(goal: Goal, value: number): Verdict {
  const meets = (bar: number): boolean => (goal.figure === 'speed' ? value >= bar : value <= bar)
  const isMustMet = meets(goal.must)
  return goal.hopedFor === undefined ? { isMustMet } : { isMustMet, isHopedForMet: meets(goal.hopedFor) }
}

/** The lines a reader sees for one row. */
export function describe(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'skipped':
    case 'failed':
      return `${outcome.row}\n    ${outcome.kind}: ${outcome.reason}\n`
    case 'read':
      return [
        outcome.row,
        `    ${outcome.label}: ${shown(outcome.goal, outcome.amount)} (${outcome.note})`,
        `    ${bars(outcome.goal, outcome)}`,
        '',
      ].join('\n')
    case 'compared':
      return compared(outcome, outcome.comparison)
  }
}

function compared(outcome: Verdict & { row: string; limit: string; goal: Goal }, comparison: Comparison): string {
  const { tslog, rival, figure } = comparison
  const width = Math.max(tslog.label.length, rival.label.length)
  const amountOf = outcome.goal.figure === 'memory' ? memory : duration
  const side = ({ label, amount, cpuSeconds }: Comparison['tslog']): string =>
    `${label.padEnd(width)}  ${amountOf(amount)}  cpu ${duration(cpuSeconds)}`
  const number = (value: number): string => shown(outcome.goal, value)
  const noise =
    comparison.foreignShare > quietShare ? `; NOISY: others used up to ${percent(comparison.foreignShare)}` : ''
  return [
    outcome.row,
    `    ${side(tslog)}`,
    `    ${side(rival)}   <- ${outcome.limit}`,
    `    ${names[outcome.goal.figure]} ${number(figure.median)}  ` +
      `(${number(figure.min)}..${number(figure.max)}, ${comparison.pairs} of ${comparison.pairsRun} pairs${noise})`,
    `    ${bars(outcome.goal, outcome)}`,
    '',
  ].join('\n')
}

const names: Record<Goal['figure'], string> = {
  time: 'time, tslog / rival:',
  speed: 'speed, tslog / rival:',
  extraMs: 'tslog - rival:',
  memory: 'memory, tslog / rival:',
  megabytes: 'megabytes:',
  milliseconds: 'milliseconds:',
  corePercent: 'of a core:',
}

function bars(goal: Goal, verdict: Verdict): string {
  const sign = goal.figure === 'speed' ? '>=' : '<='
  const must = `must be ${sign} ${shown(goal, goal.must)}: ${verdict.isMustMet ? 'met' : 'MISSED'}`
  if (goal.hopedFor === undefined) return must
  return `${must}; hoped for ${sign} ${shown(goal, goal.hopedFor)}: ${verdict.isHopedForMet === true ? 'met' : 'not yet'}`
}

function shown(goal: Goal, value: number): string {
  switch (goal.figure) {
    case 'extraMs':
    case 'milliseconds':
      return `${value.toFixed(1)} ms`
    case 'megabytes':
      return `${value.toFixed(1)} MB`
    case 'corePercent':
      return `${value.toFixed(1)} % of a core`
    case 'time':
    case 'memory':
      return value.toFixed(value < 0.1 ? 3 : 2)
    case 'speed':
      return value.toFixed(2)
  }
}

function memory(megabytes: number): string {
  return `${megabytes.toFixed(1).padStart(7)} MB`
}

function duration(seconds: number): string {
  return seconds < 1 ? `${(seconds * 1000).toFixed(1).padStart(6)} ms` : `${seconds.toFixed(2).padStart(7)} s`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} % of the machine`
}

/** What all rows of one run share; figures without the machine and the sizes mean nothing. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly kernel: string
  readonly node: string
  readonly tslog: string
  readonly inputBytes: number
}

/** The header of the report. */
export function describeMachine(machine: Machine): string {
  return (
    `${machine.tslog}; ${machine.cores} x ${machine.cpu}, kernel ${machine.kernel}, Node ${machine.node}\n` +
    `inputs of ${(machine.inputBytes / 1e6).toFixed(0)} MB; medians; the ratio is the median of the ratios of the pairs\n`
  )
}

/** Names and limits only, for --list. */
export function describeRows(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length))
  return rows.map(({ name, limit }) => `${name.padEnd(width)}  ${limit}`).join('\n')
}
