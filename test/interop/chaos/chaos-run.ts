import { runBinary } from '../../support/run-binary.ts'
import { TriedServe } from '../brokers.ts'
import {
  ChaosProducer,
  type ChaosRun,
  chaosTopic,
  consumer,
  plainProducer,
  readAll,
  shellProducer,
  sleep,
} from './chaos-clients.ts'
import { CutProxy } from './cut-proxy.ts'
import { anomalies } from './history.ts'

/** What a run came to. */
export interface ChaosReport {
  readonly anomalies: readonly string[]
  readonly acknowledged: number
  readonly unknown: number
  readonly polled: number
  readonly faults: Readonly<Record<string, number>>
  /** How long after the last fault every client had its answers, in ms. */
  readonly healedMs: number
}

const partitions = 2

/** Six times what all clients may take to be done. */
const patienceMs = 60_000

/** Clients at work on a `tslog serve` that is killed, stopped, paused and cut off for so long, in an order that follows from `seed`. */
export async function chaosRun(seed: number, seconds: number): Promise<ChaosReport> {
  const broker = await TriedServe.start()
  const proxy = await CutProxy.start(broker.bootstrap)
  try {
    const create = ['topics', 'create', chaosTopic, '--partitions', String(partitions), '-c', 'segment.bytes=65536']
    runBinary(['-d', broker.directory, ...create])
    const { directory } = broker
    const run: ChaosRun = {
      port: proxy.port,
      directory,
      random: seeded(seed),
      isEnding: false,
      isOver: false,
      complaints: [],
    }
    const producers = [0, 1, 2].map((i) => new ChaosProducer(run, `p${i}`, i % partitions))
    const idempotent = producers.map((producer) => producer.work())
    const others = [plainProducer(run, 'plain', 0), shellProducer(run, 1)]
    const consumers = [0, 1].map((i) => consumer(run, `c${i}`, partitions))
    const faults = await inflict(broker, proxy, run.random, seconds)
    const healing = performance.now()
    run.isEnding = true
    const patience = setTimeout(() => (run.isOver = true), patienceMs)
    await Promise.all(idempotent)
    const sends = [...producers.flatMap((one) => one.sends), ...(await Promise.all(others)).flat()]
    const polls = (await Promise.all(consumers)).flat()
    const healedMs = Math.round(performance.now() - healing)
    clearTimeout(patience)
    const finalReads = await readAll(proxy.port, partitions)
    const acknowledged = sends.filter(({ outcome }) => outcome.kind === 'ok').length
    const unknown = sends.length - acknowledged
    const found = [...run.complaints, ...anomalies({ sends, polls, finalReads }), ...verified(broker.directory)]
    return { anomalies: found, acknowledged, unknown, polled: polls.length, faults, healedMs }
  } finally {
    proxy.stop()
    await broker.stop()
  }
}

/** One fault after the other; how many of each. */
async function inflict(
  broker: TriedServe,
  proxy: CutProxy,
  random: () => number,
  seconds: number,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  const faults: Readonly<Record<string, () => Promise<void>>> = {
    'kill -9': () => broker.restart('SIGKILL'),
    SIGTERM: () => broker.restart('SIGTERM'),
    SIGSTOP: () => broker.pause(200 + random() * 1500),
    cut: async () => proxy.cut(),
    hold: () => proxy.hold(200 + random() * 1500),
  }
  const names = ['kill -9', 'kill -9', 'SIGTERM', 'SIGSTOP', 'cut', 'cut', 'cut', 'hold']
  const end = Date.now() + seconds * 1000
  while (Date.now() < end) {
    await sleep(200 + random() * 800)
    const name = names[Math.floor(random() * names.length)] ?? 'cut'
    await faults[name]?.()
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** What `tslog verify` finds amiss. */
function verified(directory: string): string[] {
  const { code, stdout } = runBinary(['-d', directory, 'verify', chaosTopic])
  return code === 0 ? [] : [`verify ended with ${code}: ${stdout.toString()}`]
}

/** Chance that can be had again (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
