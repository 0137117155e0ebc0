import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender, Duel, Goal } from './row.ts'
import { runBash, timeRun, waitForCalm } from './shell.ts'
import type { Run, Surroundings } from './shell.ts'
import { warmMemory } from './warm-memory.ts'

/** What the pairs of one duel gave. */
export interface Comparison {
  readonly tslog: Side
  readonly rival: Side
  /** The figure of the goal, from each pair by itself: the median of these counts, not the ratio of the medians. */
  readonly figure: Spread
  /** The largest share of the machine (0..1) that others used in a run that counts. */
  readonly foreignShare: number
  /** How many pairs count, of how many that ran. */
  readonly pairs: number
  readonly pairsRun: number
}

/** A pair is quiet when others used at most this share of the machine in both of its runs. */
export const quietShare = 0.15

/** Who is patient has disturbed pairs run again, until so many times as many as asked for were run in all. */
const patientTries = 2

/** With fewer quiet pairs than this, all pairs count and the report says that they are noisy. */
const quietPairsMin = 3

/** Medians of one side, for doing the thing once. */
interface Side {
  readonly label: string
  /** Or megabytes, as the goal says. */
  readonly amount: number
  readonly cpuSeconds: number
}

interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

interface CompareOptions {
  readonly pairs: number
  /** Waits for a calm machine before each run, and runs pairs again that others disturbed. */
  readonly isPatient: boolean
  readonly surroundings: Surroundings
}

/** Runs both sides in turn, tslog first, after one run of each that is thrown away. */
export function compare(duel: Duel, goal: Goal, options: CompareOptions): Comparison {
  const { surroundings, isPatient } = options
  once(duel.tslog, surroundings)
  if (duel.check !== undefined) runBash(duel.check, surroundings)
  once(duel.rival, surroundings)
  const ran: Pair[] = []
  const pairsMax = options.pairs * (isPatient ? patientTries : 1)
  const next = (contender: Contender): Run => {
    if (isPatient) waitForCalm()
    return once(contender, surroundings)
  }
  while (ran.length < pairsMax && (!isPatient || ran.filter(isQuiet).length < options.pairs)) {
    ran.push({ tslog: next(duel.tslog), rival: next(duel.rival) })
  }
  const pairs = quietOnes(ran)
  return {
    tslog: side(
      duel.tslog,
      pairs.map(({ tslog }) => tslog),
    ),
    rival: side(
      duel.rival,
      pairs.map(({ rival }) => rival),
    ),
    figure: spread(pairs.map(({ tslog, rival }) => figure(goal.figure, tslog.seconds, rival.seconds))),
    foreignShare: Math.max(...pairs.map(disturbance)),
    pairs: pairs.length,
    pairsRun: ran.length,
  }
}

interface Pair {
  readonly tslog: Run
  readonly rival: Run
}

function quietOnes(pairs: readonly Pair[]): readonly Pair[] {
  const quiet = pairs.filter(isQuiet)
  return quiet.length >= quietPairsMin ? quiet : pairs
}

function isQuiet(pair: Pair): boolean {
  return disturbance(pair) <= quietShare
}

function disturbance({ tslog, rival }: Pair): number {
  return Math.max(tslog.foreignShare, rival.foreignShare)
}

function once(contender: Contender, surroundings: Surroundings): Run {
  // Writing back what the last run left must not fall into this one.
  runBash(`${contender.prepare ?? ''}\nsync -f .`, surroundings)
  if (contender.bytesWritten !== undefined) runBash(warmMemory(contender.bytesWritten), surroundings)
  const run = timeRun(contender.script, surroundings, contender.servers)
  const { amountFile } = contender
  if (amountFile !== undefined) {
    const amount = Number(readFileSync(join(surroundings.cwd, amountFile), 'utf8'))
    if (!(amount > 0)) throw new Error(`${contender.label}: ${amountFile} holds no amount`)
    return { ...run, seconds: amount }
  }
  const repeats = contender.repeats ?? 1
  return { ...run, seconds: run.seconds / repeats, cpuSeconds: run.cpuSeconds / repeats }
}

function figure(kind: Goal['figure'], tslog: number, rival: number): number {
  switch (kind) {
    case 'time':
    case 'memory':
      return tslog / rival
    case 'speed':
      return rival / tslog
    case 'extraMs':
      return (tslog - rival) * 1000
    case 'megabytes':
    case 'milliseconds':
    case 'corePercent':
      throw new TypeError(`${kind} are read, not compared`)
  }
}

function side(contender: Contender, runs: readonly Run[]): Side {
  return {
    label: contender.label,
    amount: spread(runs.map(({ seconds }) => seconds)).median,
    cpuSeconds: spread(runs.map(({ cpuSeconds }) => cpuSeconds)).median,
  }
}

/** The median of an even number is the mean of the middle two. */
function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  const median = (at((sorted.length - 1) >> 1) + at(sorted.length >> 1)) / 2
  return { median, min: at(0), max: at(sorted.length - 1) }
}
