/**
 * `tslog serve` under a load that goes on, and its memory and descriptors: `node test/interop/soak.ts [minutes, 20] [records a second, 1000]`.
 * Producers and a group whose members come and go, the shell in the same directory, topics that are made and deleted, connections that
 * are opened and dropped, retention in the background; the broker is stopped and killed in turn in the first third, and then left alone.
 * Prints a line every half minute and the trend of the long stretch, exits 1 when a record was lost or memory or descriptors grow.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { runBinary } from '../support/run-binary.ts'
import { TriedServe } from './brokers.ts'
import { SoakLoad } from './soak-load.ts'

interface Sample {
  readonly atMinutes: number
  /** Resident memory without pages of files, in MB. */
  readonly memoryMb: number
  readonly descriptors: number
}

const minutes = Number(process.argv[2] ?? 20)
const ratePerSecond = Number(process.argv[3] ?? 1000)
const restarts = 4

const startMs = Date.now()
const broker = await TriedServe.start(['--group-initial-rebalance-delay-ms', '100'])
const sizes = ['-c', 'segment.bytes=4194304', '-c', 'retention.bytes=16777216']
runBinary(['-d', broker.directory, 'topics', 'create', 'soak', '--partitions', '4', ...sizes])
const load = new SoakLoad(broker, ratePerSecond)
await load.start()

let samples: Sample[] = []
let restarted = 0
while (atMinutes() < minutes) {
  await new Promise((resolve) => setTimeout(resolve, 30_000))
  samples.push(sample())
  print(samples.at(-1) as Sample)
  if (restarted < restarts && atMinutes() > ((restarted + 1) * minutes) / 3 / restarts) {
    const signal = restarted % 2 === 0 ? 'SIGTERM' : 'SIGKILL'
    await broker.restart(signal)
    restarted += 1
    samples = []
    console.log(`${atMinutes().toFixed(1)} min: started anew after ${signal}`)
  }
}
await load.stop()
const lost = load.lost()
await broker.stop()
const verdict = trend(samples)
console.log(
  `${load.sent} records acknowledged, ${load.seen} seen, ${lost} lost; from ${verdict.from} to ${verdict.to} MB,` +
    ` ${verdict.descriptorsFrom} to ${verdict.descriptorsTo} descriptors in ${verdict.minutes.toFixed(1)} min`,
)
const isFlat = verdict.to <= verdict.from * 1.15 + 5 && verdict.descriptorsTo <= verdict.descriptorsFrom + 20
process.exit(lost === 0 && isFlat ? 0 : 1)

function atMinutes(): number {
  return (Date.now() - startMs) / 60_000
}

function sample(): Sample {
  const status = readFileSync(`/proc/${broker.pid}/status`, 'utf8')
  const kilobytes = Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0)
  const descriptors = readdirSync(`/proc/${broker.pid}/fd`).length
  return { atMinutes: atMinutes(), memoryMb: kilobytes / 1024, descriptors }
}

function print({ atMinutes: at, memoryMb, descriptors }: Sample): void {
  console.log(
    `${at.toFixed(1)} min: ${memoryMb.toFixed(1)} MB, ${descriptors} descriptors, ${load.sent} sent, ${load.seen} seen, ${load.failures} client errors`,
  )
}

/** The middle of the second quarter against that of the last one, so that warming up does not count. */
function trend(all: readonly Sample[]) {
  const quarter = Math.max(1, Math.floor(all.length / 4))
  const early = all.slice(quarter, 2 * quarter)
  const late = all.slice(-quarter)
  const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
  const memory = (part: readonly Sample[]): number => Math.round(middle(part.map(({ memoryMb }) => memoryMb)))
  return {
    from: memory(early),
    to: memory(late),
    descriptorsFrom: middle(early.map(({ descriptors }) => descriptors)),
    descriptorsTo: middle(late.map(({ descriptors }) => descriptors)),
    minutes: (all.at(-1)?.atMinutes ?? 0) - (all[0]?.atMinutes ?? 0),
  }
}
