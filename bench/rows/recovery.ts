import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench, Row } from '../row.ts'
import { quote } from '../shell.ts'

/** What the first writer after a crash has to read. The next boot cannot trust the page cache; the same boot can. */
export const recoveryRows: readonly Row[] = [
  recovery('recovery-killed', 'after kill -9', () => undefined),
  // Without its lock files the partition looks as it does after a reboot: the boot of the last writer is unknown.
  recovery('recovery-rebooted', 'after a power cut', (partition) => {
    for (const file of readdirSync(partition)) if (file.endsWith('.lock')) rmSync(join(partition, file))
  }),
]

function recovery(name: string, when: string, age: (partition: string) => void): Row {
  return {
    name,
    limit: 'reading the file once, from the page cache',
    goal: { figure: 'time', must: 3, hopedFor: 1.5 },
    async start(bench) {
      await killedWriter(bench)
      age(join(bench.work, 'log', 't-0'))
      renameSync(join(bench.work, 'log'), join(bench.work, 'crashed'))
      const tslog = quote(bench.tslog)
      return {
        kind: 'duel',
        tslog: {
          label: `echo | tslog produce t, ${when}`,
          prepare: 'rm -rf log; cp -a crashed log; cat log/t-0/*.log > /dev/null',
          script: `echo after | ${tslog} produce t --fsync never`,
        },
        rival: { label: 'cat FILE > /dev/null', script: 'cat crashed/t-0/*.log > /dev/null' },
        check: `test "$(${tslog} tail t -n 1 --no-follow)" = after`,
      }
    },
  }
}

/** Produces the input, kills the producer while its input is still open, and leaves what it wrote. */
async function killedWriter(bench: Bench): Promise<void> {
  const input = quote(await bench.input('access'))
  const script = `{ cat ${input}; sleep 600; } | { echo $BASHPID >&3; exec ${quote(bench.tslog)} produce t; }`
  const bash = spawn('bash', ['-c', script], {
    ...bench.surroundings,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    detached: true,
  })
  const ended = once(bash, 'exit')
  const [pid] = (await once(bash.stdio[3] as NodeJS.ReadableStream, 'data')) as [Buffer]
  try {
    const tslog = Number(String(pid))
    await settled(() => bytesOf(join(bench.work, 'log', 't-0')), tslog)
    process.kill(tslog, 'SIGKILL')
  } finally {
    // The group of this bash only, for the sleep that keeps the pipe open.
    if (bash.pid !== undefined) process.kill(-bash.pid, 'SIGKILL')
  }
  await ended
}

/** Waits until a size has been the same, and not 0, for a second. Throws when the process that should write is gone. */
async function settled(size: () => number, writer: number): Promise<void> {
  for (let last = -1, same = 0; same < 10; await sleep(100)) {
    const now = size()
    same = now === last && now > 0 ? same + 1 : 0
    last = now
    if (!isRunning(writer)) throw new Error('the producer ended by itself')
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

function bytesOf(directory: string): number {
  try {
    return readdirSync(directory).reduce(
      (sum, file) => sum + (file.endsWith('.log') ? statSync(join(directory, file)).size : 0),
      0,
    )
  } catch {
    return 0
  }
}
