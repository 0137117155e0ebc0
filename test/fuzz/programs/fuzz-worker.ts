/** One parser, fuzzed for a while in a thread that can be watched and ended from outside. */
import { parentPort, workerData } from 'node:worker_threads'
import { BlockCoverage } from '../block-coverage.ts'

/** What the thread is to do. */
export interface FuzzOrder {
  readonly name: string
  readonly seed: number
  readonly seconds: number
  readonly executionsMax: number
  /** Real files, as further seeds. */
  readonly files: readonly Uint8Array[]
  /** The number of executions, then the size of the input that is under way and its bytes. */
  readonly progress: SharedArrayBuffer
}

/** What came of it. */
export interface FuzzReport {
  readonly executions: number
  readonly corpus: number
  /** Characters of source that have run. */
  readonly covered: number
  readonly slowestMs: number
  readonly findings: readonly { readonly hex: string; readonly reason: string }[]
}

/** A look at V8's counters takes as long as thousands of executions: rounds grow until it is a small part of them. */
const roundMs = 500

const order = workerData as FuzzOrder
const numbers = new Uint32Array(order.progress, 0, 2)
const shown = new Uint8Array(order.progress, 8)

// The counters must be there before the source is.
const coverage = new BlockCoverage()
const { allTargets } = await import('../targets/all-targets.ts')
const { Fuzzing } = await import('../fuzzing.ts')

const found = allTargets.find(({ name }) => name === order.name)
if (found === undefined) throw new Error(`${order.name} is none of ${allTargets.map(({ name }) => name).join(', ')}`)
const files = order.files.map((bytes) => bytes.subarray(0, found.bytesMax))
const fuzzing = new Fuzzing({
  target: { ...found, seeds: () => [...found.seeds(), ...files] },
  seed: order.seed,
  coverage,
  onInput: (input) => {
    numbers[0] = (numbers[0] as number) + 1
    numbers[1] = input.length
    shown.set(input)
  },
})
const end = performance.now() + 1000 * order.seconds
let size = 64
while (performance.now() < end && fuzzing.executions < order.executionsMax && fuzzing.findings.length === 0) {
  const start = performance.now()
  fuzzing.round(size)
  const tookMs = performance.now() - start
  size = Math.min(Math.max(16, Math.ceil(tookMs < roundMs ? size * 1.5 : size / 1.5)), 16_384)
}
const report: FuzzReport = {
  executions: fuzzing.executions,
  corpus: fuzzing.corpus.length,
  covered: coverage.size,
  slowestMs: Math.round(fuzzing.slowestMs),
  findings: fuzzing.findings.map(({ input, reason }) => ({ hex: Buffer.from(input).toString('hex'), reason })),
}
parentPort?.postMessage(report)
