import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { builtBinary } from '../../support/built-binary.ts'

/** Version 1 has the controller in a tree of its own. */
const trees = [
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', swap: 'memory.swappiness' },
  { root: '/sys/fs/cgroup', limit: 'memory.max', swap: 'memory.swap.max' },
]
const tree = trees.find(
  ({ root }) =>
    existsSync(join(root, 'cgroup.procs')) &&
    existsSync(join(root, 'cgroup.controllers')) === (root === '/sys/fs/cgroup'),
)

/** Why no process can be confined here, or `undefined`. */
export function confinementMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root makes control groups'
  if (tree === undefined) return 'there are no control groups for memory'
  try {
    new MemoryLimit(64 * 1024 * 1024).remove()
    return undefined
  } catch (error) {
    return `no control group can be made: ${String(error)}`
  }
}

/** A control group whose processes may take so much memory, the page cache that they fill included. */
export class MemoryLimit {
  readonly #path: string

  constructor(bytes: number) {
    if (tree === undefined) throw new Error('there are no control groups for memory')
    this.#path = join(tree.root, `tslog-${process.pid}-${bytes}`)
    mkdirSync(this.#path)
    writeFileSync(join(this.#path, tree.limit), String(bytes))
    writeFileSync(join(this.#path, tree.swap), '0')
  }

  /** Runs tslog inside of it to its end, with its output thrown away. */
  async run(words: readonly string[]): Promise<ConfinedRun> {
    const startedMs = performance.now()
    const script = 'echo $$ > "$0/cgroup.procs" && exec "$@" > /dev/null'
    const child = spawn('sh', ['-c', script, this.#path, builtBinary(), ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const said: Buffer[] = []
    child.stderr.on('data', (data: Buffer) => said.push(data))
    const run = { code: -1, peakMegabytes: 0, peakAnonymousMegabytes: 0, seconds: 0, stderr: '' }
    const ended = once(child, 'close').then(() => true)
    while (!(await Promise.race([ended, sleep(20, false)]))) {
      run.peakMegabytes = Math.max(run.peakMegabytes, megabytes(child.pid, 'VmHWM'))
      run.peakAnonymousMegabytes = Math.max(run.peakAnonymousMegabytes, megabytes(child.pid, 'RssAnon'))
    }
    run.code = child.exitCode ?? -1
    run.seconds = (performance.now() - startedMs) / 1000
    run.stderr = Buffer.concat(said).toString()
    return run
  }

  remove(): void {
    rmdirSync(this.#path)
  }
}

export interface ConfinedRun {
  /** -1 when a signal ended it, as the kernel does when there is no memory left. */
  readonly code: number
  readonly peakMegabytes: number
  readonly peakAnonymousMegabytes: number
  readonly seconds: number
  readonly stderr: string
}

/** Figures in kB, which in /proc are units of 1024 bytes; 0 when the process is gone. */
function megabytes(pid: number | undefined, field: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return (Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1.024) / 1000
  } catch {
    return 0
  }
}
