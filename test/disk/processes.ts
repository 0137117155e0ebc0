import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('fixtures/process.ts', import.meta.url))

/** The two runtimes that our code runs on, and so the two ways to a lock. */
const runtimes = {
  node: process.execPath,
  bun: fileURLToPath(new URL('../../node_modules/@oven/bun-linux-x64/bin/bun', import.meta.url)),
} as const

export type Runtime = keyof typeof runtimes

/** Starts `fixtures/process.ts`. */
export function start(runtime: Runtime, ...words: string[]): ChildProcess {
  return spawn(runtimes[runtime], [program, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** What a process says until it ends. */
export async function answerOf(child: ChildProcess): Promise<string> {
  let text = ''
  child.stdout?.on('data', (data: Buffer) => (text += data.toString()))
  await once(child, 'close')
  return text.trim()
}

/** The first thing a process says. */
export async function firstWordOf(child: ChildProcess): Promise<string> {
  const data: unknown[] = child.stdout === null ? [] : await once(child.stdout, 'data')
  return String(data[0]).trim()
}

/** Ends a process with a signal and waits until it is gone. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

/** Runs the fixture in a shell line: `{}` stands for it. */
export function inShell(line: string, runtime: Runtime = 'node'): ChildProcess {
  const command = `'${runtimes[runtime]}' '${program}'`
  return spawn('sh', ['-c', line.replaceAll('{}', command)], { stdio: ['ignore', 'pipe', 'inherit'] })
}
