import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { builtBinary } from '../support/built-binary.ts'
import { runBinary } from '../support/run-binary.ts'
import { SshServer } from '../support/ssh-server.ts'

/**
 * Kills either side of a replication over ssh at random, again and again, while its source grows; then compares. Run it as
 * `node test/replication/kill-loop.ts [ROUNDS]`; needs openssh-server and a built binary.
 */
const rounds = Number(process.argv[2] ?? 500)
const home = mkdtempSync(join(tmpdir(), 'tslog-kill-replica-'))
const [source, copy] = [join(home, 'source'), join(home, 'copy')]
const server = await SshServer.start()
const words = ['replicate', 'app', '-d', source, ...server.peer(copy)]

function produce(count: number): void {
  const input = Array.from({ length: count }, (_, n) => `${Date.now()} line ${n}\n`).join('')
  const flags = [
    '--config',
    'segment.bytes=100000',
    '--partitions',
    '3',
    '--batch-size',
    '3000',
    '--partitioner',
    'round-robin',
  ]
  const { code, stderr } = runBinary(['produce', 'app', '-d', source, ...flags], input)
  if (code !== 0) throw new Error(stderr)
}

/** The tslog that sshd runs on the copy. */
function farSide(): string | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((pid) => commandLine(pid).startsWith(`${builtBinary()} __replicate ${copy}`))
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

async function killSomebody(near: ChildProcess): Promise<void> {
  await sleep(30 + Math.random() * 400)
  const far = farSide()
  if (far !== undefined && Math.random() < 0.5) process.kill(Number(far), 'SIGKILL')
  else near.kill('SIGKILL')
}

function compare(partition: string): void {
  for (const name of readdirSync(join(source, partition)).filter((one) => /\.(log|index|timeindex)$/.test(one))) {
    const same = readFileSync(join(source, partition, name)).equals(readFileSync(join(copy, partition, name)))
    if (!same) throw new Error(`${partition}/${name} differs`)
  }
}

try {
  for (let round = 0; round < rounds; round++) {
    produce(5000)
    const near = spawn(builtBinary(), words, { stdio: 'ignore' })
    const gone = once(near, 'exit')
    await killSomebody(near)
    await gone
    if (round % 50 === 49) process.stdout.write(`${round + 1} rounds\n`)
  }
  const last = runBinary(words)
  if (last.code !== 0) throw new Error(`the last run failed: ${last.stderr}`)
  const verified = runBinary(['verify', '-d', copy])
  if (verified.code !== 0) throw new Error(`the copy is damaged: ${verified.stdout.toString()}`)
  for (const partition of ['app-0', 'app-1', 'app-2']) compare(partition)
  process.stdout.write(`${rounds} rounds: the copy is the same\n`)
} finally {
  await server.stop()
  rmSync(home, { recursive: true, force: true })
}
