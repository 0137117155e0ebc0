import { type BinaryRunner, ended, outcome } from '../support/binary-runner.ts'
import type { BinaryRun } from '../support/run-binary.ts'

export interface ProducerSpec {
  /** One word; each line begins with it. */
  readonly name: string
  readonly count: number
  readonly flags: readonly string[]
}

/** Runs a producer of the topic `t` that writes the lines `<name> 0`, `<name> 1`... */
export async function produceLines(log: BinaryRunner, { name, count, flags }: ProducerSpec): Promise<BinaryRun> {
  const child = log.start(['produce', 't', ...flags])
  const result = outcome(child)
  child.stdin?.end(Array.from({ length: count }, (_, n) => `${name} ${n}\n`).join(''))
  return result
}

/** Throws unless offsets have no gap and each producer's numbers rise by one from 0: nothing lost in the midst, nothing doubled. */
export function expectOrderKept(records: readonly { offset: number; value: string }[]): void {
  const next = new Map<string, number>()
  const first = records[0]?.offset ?? 0
  for (const [at, { offset, value }] of records.entries()) {
    if (offset !== first + at) throw new Error(`offset ${offset} where ${first + at} is due`)
    const [name = '', number] = value.split(' ')
    const due = next.get(name) ?? 0
    if (Number(number) !== due) throw new Error(`${value} at offset ${offset}, where ${name} ${due} is due`)
    next.set(name, due + 1)
  }
}

export interface KillCycle {
  readonly cycle: number
  readonly producers: number
  readonly killAfterMs: number
}

/**
 * Starts producers that write without end, kills all of them after a while, and appends once more. Returns how long that last command took, in milliseconds.
 */
export async function killCycle(
  log: BinaryRunner,
  { cycle, producers, killAfterMs }: KillCycle,
): Promise<{ nextCommandMs: number }> {
  const shapes = [
    ['--linger', '0', '--batch-size', '1'],
    [],
    ['--batch-size', '300', '--fsync', 'batch'],
    ['-z', 'lz4'],
  ]
  const children = Array.from({ length: producers }, (_, n) => {
    const child = log.start(['produce', 't', ...(shapes[(cycle + n) % shapes.length] ?? [])])
    const name = `c${cycle}p${n}`
    let number = 0
    const feed = (): void => {
      if (child.stdin?.writable !== true) return
      child.stdin.write(Array.from({ length: 200 }, () => `${name} ${number++}\n`).join(''), () => setTimeout(feed, 1))
    }
    feed()
    return child
  })
  await new Promise((resolve) => setTimeout(resolve, killAfterMs))
  await Promise.all(children.map((child) => ended(child, 'SIGKILL')))
  const began = Date.now()
  log.done(['produce', 't'], `after${cycle} 0\n`)
  return { nextCommandMs: Date.now() - began }
}
