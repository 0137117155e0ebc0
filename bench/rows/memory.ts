import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { InputKind } from '../input.ts'
import type { Bench, Row } from '../row.ts'
import { quote, runBash } from '../shell.ts'

/** Peak anonymous memory; mapped files and the binary itself are the page cache's. */
export const memoryRows: readonly Row[] = [
  memory('memory-produce', {
    label: 'cat f | tslog produce t',
    script: (tslog, input) => `cat ${input} | { echo $BASHPID >&3; exec ${tslog} produce t --fsync never; }`,
  }),
  memory('memory-produce-zstd', {
    label: 'cat f | tslog produce t -z zstd:1',
    script: (tslog, input) => `cat ${input} | { echo $BASHPID >&3; exec ${tslog} produce t --fsync never -z zstd:1; }`,
  }),
  memory('memory-consume', {
    label: 'tslog consume t | wc -l',
    prepare: (tslog, input) => `${tslog} produce t --fsync never < ${input}`,
    script: (tslog) => `{ echo $BASHPID >&3; exec ${tslog} consume t; } | wc -l`,
  }),
  memory('memory-verify', {
    label: 'tslog verify',
    must: 120,
    prepare: (tslog, input) => `${tslog} produce t --config segment.bytes=268435456 --fsync never < ${input}`,
    script: (tslog) => `{ echo $BASHPID >&3; exec ${tslog} verify; }`,
  }),
  memory('memory-repair', {
    label: 'tslog repair --yes, all indexes are missing',
    must: 120,
    prepare: (tslog, input) =>
      `${tslog} produce t --config segment.bytes=268435456 --fsync never < ${input}; rm log/t-0/*.index log/t-0/*.timeindex`,
    script: (tslog) => `{ echo $BASHPID >&3; exec ${tslog} repair --yes; }`,
  }),
  memory('memory-compact', {
    label: 'tslog compact --memory 64M',
    input: 'keyed',
    must: 67 + 60,
    prepare: (tslog, input) =>
      `${tslog} topics create t -c cleanup.policy=compact -c segment.bytes=100000000; ${tslog} produce t -K : --fsync never < ${input}`,
    script: (tslog) => `{ echo $BASHPID >&3; exec ${tslog} compact --memory 64M; }`,
  }),
]

interface Watched {
  readonly label: string
  /** MB, when it is not what most commands may take. */
  readonly must?: number
  /** `access` unless said otherwise. */
  readonly input?: InputKind
  readonly prepare?: (tslog: string, input: string) => string
  /** Prints the process id of tslog to descriptor 3 before it becomes tslog. */
  readonly script: (tslog: string, input: string) => string
}

export function memory(name: string, watched: Watched): Row {
  return {
    name,
    limit: 'no rival: what a small container can spare',
    goal: { figure: 'megabytes', must: watched.must ?? 80, hopedFor: watched.must === undefined ? 45 : 80 },
    async start(bench) {
      const input = quote(await bench.input(watched.input ?? 'access'))
      const tslog = quote(bench.tslog)
      if (watched.prepare !== undefined) runBash(watched.prepare(tslog, input), bench.surroundings)
      return { kind: 'reading', label: watched.label, read: () => peak(watched.script(tslog, input), bench) }
    },
  }
}

const samplingMs = 4

/** Looks at /proc/PID/status every few milliseconds until the process is gone. */
async function peak(script: string, bench: Bench): Promise<{ amount: number; note: string }> {
  const bash = spawn('bash', ['-c', `set -eo pipefail; ${script}`], {
    ...bench.surroundings,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  const ended = once(bash, 'exit')
  const [pid] = (await once(bash.stdio[3] as NodeJS.ReadableStream, 'data')) as [Buffer]
  const seen = { anonymous: 0, total: 0, samples: 0 }
  const timer = setInterval(() => sample(Number(String(pid)), seen), samplingMs)
  const [code] = (await ended) as [number | null]
  clearInterval(timer)
  if (code !== 0) throw new Error(`exit ${code}: ${script}`)
  return {
    amount: seen.anonymous / 1000,
    note: `${seen.samples} samples; VmHWM ${(seen.total / 1000).toFixed(1)} MB`,
  }
}

/** Figures in kB, which in /proc are units of 1024 bytes. */
function sample(pid: number, seen: { anonymous: number; total: number; samples: number }): void {
  let status: string
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return
  }
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1.024
  // Between fork and exec it is still bash.
  if (/^Name:\s+bash$/m.test(status)) return
  seen.anonymous = Math.max(seen.anonymous, field('RssAnon'))
  seen.total = Math.max(seen.total, field('VmHWM'))
  seen.samples++
}
