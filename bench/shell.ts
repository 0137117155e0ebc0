import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** One timed run of a bash script. */
export interface Run {
  readonly seconds: number
  /** User and system time of every process of the script, and of the servers that worked for it. */
  readonly cpuSeconds: number
  /** Share of the machine (0..1) that programs outside of the script used meanwhile: above 0.15 the run says little. */
  readonly foreignShare: number
}

/** What a script finds in its environment. */
export interface Surroundings {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** Bash's own `time`, as it counts the CPU of a whole pipeline. Its three figures go to descriptor 3. */
function timed(script: string): string {
  return `set -eo pipefail; exec 4>&2; TIMEFORMAT='%3R %3U %3S'; { time { ${script}\n} 2>&4; } 2>&3`
}

/** Runs a script under the clock. Throws with its stderr when a command fails. */
export function timeRun(script: string, surroundings: Surroundings, servers: readonly number[] = []): Run {
  const before = busySeconds()
  const serversBefore = cpuSecondsOf(servers)
  const bash = spawnSync('bash', ['-c', timed(script)], {
    ...surroundings,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  })
  if (bash.status !== 0) throw new BenchError(script, bash.status, bash.stderr)
  const [seconds = 0, user = 0, system = 0] = String(bash.output[3]).trim().split(' ').map(Number)
  const cpuSeconds = user + system + cpuSecondsOf(servers) - serversBefore
  const foreign = Math.max(0, busySeconds() - before - cpuSeconds)
  return { seconds, cpuSeconds, foreignShare: seconds === 0 ? 0 : Math.min(1, foreign / (seconds * cpus().length)) }
}

/** Returns once the machine has next to nothing to do, or after ten seconds: what begins amid the work of others says little. */
export function waitForCalm(): void {
  for (let tries = 0; tries < 40; tries++) {
    const before = busySeconds()
    spawnSync('sleep', ['0.25'])
    if (busySeconds() - before <= 0.25 * cpus().length * calmShare) return
  }
}

/** Of the machine. */
const calmShare = 0.1

/** Runs a script without the clock and returns its stdout. Throws with its stderr when a command fails. */
export function runBash(script: string, surroundings: Surroundings): string {
  const bash = spawnSync('bash', ['-c', `set -eo pipefail; ${script}`], { ...surroundings, encoding: 'utf8' })
  if (bash.status !== 0) throw new BenchError(script, bash.status, bash.stderr)
  return bash.stdout.trim()
}

/** Whether a script ends well. */
export function succeeds(script: string, surroundings: Surroundings): boolean {
  return spawnSync('bash', ['-c', script], { ...surroundings, stdio: 'ignore' }).status === 0
}

/** Whether a command is on the PATH. */
export function isInstalled(command: string): boolean {
  return spawnSync('bash', ['-c', `command -v ${command}`]).status === 0
}

/** A script that is part of the benchmark failed. */
class BenchError extends Error {
  constructor(script: string, status: number | null, stderr: string) {
    super(`exit ${status}: ${script}\n${stderr.slice(-2000)}`)
  }
}

/** Quotes a path for bash. */
export function quote(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`
}

/** User and system time, in hundredths, of processes of ours that run. */
export function cpuSecondsOf(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
    return fields.split(' ').slice(11, 13).map(Number)
  })
  return ticks.flat().reduce((sum, one) => sum + one, 0) / 100
}

/** CPU seconds that all cores together have been busy since boot, in hundredths: user, nice, system, irq, softirq, steal. */
function busySeconds(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)
    .join('')
    .split(/\s+/)
    .map(Number)
  return (user + nice + system + irq + softirq + steal) / 100
}
