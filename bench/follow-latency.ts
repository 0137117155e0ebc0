import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Surroundings } from './shell.ts'

/** Commands of bash that run until they are told to stop. */
export interface Following {
  /** What is written to its stdin goes into the log of one side. */
  readonly produce: string
  /** Brings it to the other side. */
  readonly replicate: string
  /** Prints what comes there. */
  readonly consume: string
}

/** Milliseconds from the write of a line into the one until the other prints it, ascending: of `count` lines, one every `everyMs` on average. */
export async function followLatencies(
  { produce, replicate, consume }: Following,
  { count, everyMs, surroundings }: { count: number; everyMs: number; surroundings: Surroundings },
): Promise<number[]> {
  const start = (command: string): ChildProcess =>
    spawn('bash', ['-c', `exec ${command}`], { ...surroundings, stdio: ['pipe', 'pipe', 'inherit'] })
  const producer = start(produce)
  const others = [start(replicate), start(consume)]
  const ended = [producer, ...others].map((child) => new Promise((resolve) => child.once('exit', resolve)))
  const latencies: number[] = []
  const printed = createInterface({ input: others[1]?.stdout as NodeJS.ReadableStream })
  const isDone = new Promise<void>((resolve) => {
    printed.on('line', (line) => {
      if (line === 'end') return resolve()
      // The first ones wait for what is starting.
      const [number = 0, sentMs = 0] = line.split(' ').map(Number)
      if (number >= warmUp) latencies.push(performance.now() - sentMs)
    })
  })
  for (let number = 0; number < count + warmUp; number++) {
    producer.stdin?.write(`${number} ${performance.now()}\n`)
    await pause(everyMs * (0.5 + Math.random()))
  }
  producer.stdin?.end('end\n')
  await Promise.race([isDone, ...ended.slice(1)])
  for (const child of others) child.kill()
  await Promise.all(ended)
  if (latencies.length !== count) throw new Error(`${latencies.length} of ${count} lines came`)
  return latencies.sort((one, other) => one - other)
}

const warmUp = 50

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
