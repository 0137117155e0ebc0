/**
 * Fuzzes parsers one after the other: `node test/fuzz/fuzz.ts [parser|all] [seconds each, 600] [seed, 1] [directory of a real log]`.
 * Exits 1 when one throws what its callers do not know, takes more than a second for an input or more than 512 MB.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { FuzzOrder, FuzzReport } from './programs/fuzz-worker.ts'

const names = ['frame', 'batch', 'record', 'index', 'snapshot', 'checkpoint', 'properties', 'json']
const executionsMax = 10_000_000
const residentMax = 512 * 1024 * 1024
/** An input that takes so long will not end at all. */
const hangMs = 20_000
const inputBytesMax = 64 * 1024
const fileBytesMax = 1024 * 1024

/** Which files are a parser's, by the ends of their names. */
const filesOf: Readonly<Record<string, RegExp>> = {
  batch: /\.log$/,
  record: /\.log$/,
  index: /\.(index|timeindex|txnindex)$/,
  snapshot: /(\.snapshot|tslog\.lock)$/,
  checkpoint: /checkpoint$/,
  properties: /(\.properties|partition\.metadata)$/,
  json: /\.json$/,
}

async function fuzz(order: Omit<FuzzOrder, 'progress'>): Promise<boolean> {
  const start = performance.now()
  const progress = new SharedArrayBuffer(8 + inputBytesMax)
  const worker = new Worker(new URL('programs/fuzz-worker.ts', import.meta.url), { workerData: { ...order, progress } })
  const watch = new Watch(progress)
  const report = await new Promise<FuzzReport | string>((resolve) => {
    worker.once('message', (message: FuzzReport) => resolve(message))
    worker.once('error', (error) => resolve(`${order.name}: ${String(error)}; the input was ${watch.input()}`))
    watch.onHang = () => resolve(`${order.name}: does not come to an end with ${watch.input()}`)
  })
  watch.end()
  await worker.terminate()
  if (typeof report === 'string') {
    console.log(report)
    return false
  }
  const { executions, corpus, covered, slowestMs, findings } = report
  const took = Math.round((performance.now() - start) / 1000)
  const { residentPeak } = watch
  console.log(
    `${order.name}: ${executions} executions in ${took} s, ${corpus} inputs kept, ${covered} characters of source run, ` +
      `the slowest ${slowestMs} ms, ${Math.round(residentPeak / 1e6)} MB at most, ${findings.length} findings`,
  )
  for (const { hex, reason } of findings) console.log(`  ${hex}\n  ${reason}`)
  return findings.length === 0 && residentPeak < residentMax
}

/** Looks at a thread from outside: whether it goes on, and what it takes. */
class Watch {
  onHang: () => void = () => undefined
  residentPeak = 0
  readonly #numbers: Uint32Array
  readonly #shown: Uint8Array
  readonly #timer: NodeJS.Timeout
  #seen = -1
  #seenAt = performance.now()

  constructor(progress: SharedArrayBuffer) {
    this.#numbers = new Uint32Array(progress, 0, 2)
    this.#shown = new Uint8Array(progress, 8)
    this.#timer = setInterval(() => this.#look(), 100)
  }

  /** The one under way, in hex. */
  input(): string {
    return Buffer.from(this.#shown.subarray(0, this.#numbers[1])).toString('hex')
  }

  end(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    this.residentPeak = Math.max(this.residentPeak, process.memoryUsage.rss())
    const executions = this.#numbers[0] as number
    // None yet: the source is being loaded.
    if (executions !== this.#seen || executions === 0) {
      this.#seen = executions
      this.#seenAt = performance.now()
    } else if (performance.now() - this.#seenAt > hangMs) this.onHang()
  }
}

function realFiles(name: string, directory: string | undefined): Uint8Array[] {
  const pattern = filesOf[name]
  if (directory === undefined || pattern === undefined) return []
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) => pattern.test(path))
  const whole = paths.map((path) => join(directory, path)).filter((path) => statSync(path).size <= fileBytesMax)
  return whole.slice(0, 200).map((path) => readFileSync(path))
}

const [what = 'all', seconds = '600', seed = '1', directory] = process.argv.slice(2)
let isSound = true
for (const name of what === 'all' ? names : [what]) {
  const order = { name, seed: Number(seed), seconds: Number(seconds), executionsMax, files: realFiles(name, directory) }
  isSound = (await fuzz(order)) && isSound
}
process.exit(isSound ? 0 : 1)
