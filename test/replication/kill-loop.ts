import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { builtBinary } from '../support/built-binary.ts'
import { runBinary } from '../support/run-binary.ts'
import { SshServer } from '../support/ssh-server.ts'

/**
 * Kills either side of a replication over ssh at random, again and again, while its source grows. After each kill the copy must be sound, and every
 * so many rounds it is brought to its end and compared: by `verify`, by record and by byte. Run it as
 * `node test/replication/kill-loop.ts [ROUNDS [DIRECTORY]]`; needs openssh-server and a built binary. What is in a DIRECTORY stays when the loop is
 * interrupted or fails, and the next run goes on from there.
 */
const rounds = Number(process.argv[2] ?? 500)
const given = process.argv[3]
const home = given ?? mkdtempSync(join(tmpdir(), 'tslog-kill-replica-'))
const [source, copy, counter] = [join(home, 'source'), join(home, 'copy'), join(home, 'rounds')]
const partitions = ['app-0', 'app-1', 'app-2']
/** So often a copy is looked at as it was left, and so often as a whole. */
const lookEvery = 5
const compareEvery = 50

const flags = ['--config', 'segment.bytes=100000', '--partitions', '3', '--batch-size', '3000']

function produce(round: number): void {
  const input = Array.from({ length: 3000 }, (_, n) => `round ${round} line ${n}\n`).join('')
  done(['produce', 'app', '-d', source, ...flags, '--partitioner', 'round-robin'], input)
}

/** Runs tslog, which must come to a good end. */
function done(words: readonly string[], input = ''): Buffer {
  const { code, stdout, stderr } = runBinary(words, input)
  if (code !== 0) throw new Error(`tslog ${words.join(' ')}: exit code ${code}\n${stderr}${stdout.toString()}`)
  return stdout
}

/** The tslog that sshd runs on the copy. */
function farSide(): number | undefined {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const found = pids.find((pid) => commandLine(pid).startsWith(`${builtBinary()} __replicate ${copy}`))
  return found === undefined ? undefined : Number(found)
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

/** Once both sides are there, so that most kills come while batches travel. */
async function killSomebody(near: ChildProcess): Promise<'near' | 'far' | 'nobody'> {
  if (Math.random() < 0.1) await sleep(Math.random() * 100)
  else while (farSide() === undefined && near.exitCode === null) await sleep(2)
  await sleep(Math.random() ** 2 * 120)
  const far = farSide()
  if (near.exitCode !== null) return 'nobody'
  if (far === undefined || Math.random() < 0.5) return near.kill('SIGKILL') ? 'near' : 'nobody'
  try {
    process.kill(far, 'SIGKILL')
    return 'far'
  } catch {
    return 'nobody'
  }
}

/** Of one partition, in order. */
function records(directory: string, partition: number): Buffer {
  return done(['consume', 'app', '-d', directory, '-p', String(partition), '-o', 'start', '-e'])
}

/** Nothing is damaged but that a roll may have been killed before it had made both indexes: whoever opens the log next makes them. */
function verifyAsLeft(): void {
  const { stdout, code } = runBinary(['verify', '-d', copy])
  const lines = stdout.toString().trimEnd().split('\n')
  const damages = lines.filter((line) => line.startsWith('damage') && !line.endsWith('it is missing'))
  if (code !== 0 && (code !== 5 || damages.length > 0)) throw new Error(`the copy is damaged: ${lines.join('\n')}`)
}

/** A copy that was left in the midst of it is whole as far as it goes. */
function lookAtCopy(): void {
  if (runBinary(['topics', 'describe', 'app', '-d', copy]).code !== 0) return
  verifyAsLeft()
  for (const [partition] of partitions.entries()) {
    const [has, should] = [records(copy, partition), records(source, partition)]
    if (!should.subarray(0, has.length).equals(has))
      throw new Error(`app-${partition}: the copy is not what came first`)
  }
}

function compareAll(server: SshServer): void {
  done(['replicate', 'app', '-d', source, ...server.peer(copy)])
  done(['verify', '-d', copy])
  for (const [at, partition] of partitions.entries()) {
    if (!records(copy, at).equals(records(source, at))) throw new Error(`${partition}: other records`)
    for (const name of readdirSync(join(source, partition)).filter((one) => /\.(log|index|timeindex)$/.test(one))) {
      const same = readFileSync(join(source, partition, name)).equals(readFileSync(join(copy, partition, name)))
      if (!same) throw new Error(`${partition}/${name} differs`)
    }
  }
}

async function loop(server: SshServer): Promise<Record<string, number>> {
  const killed: Record<string, number> = { near: 0, far: 0, nobody: 0 }
  const first = existsSync(counter) ? Number(readFileSync(counter, 'utf8')) : 0
  for (let round = first; round < rounds; round++) {
    produce(round)
    const near = spawn(builtBinary(), ['replicate', 'app', '-d', source, ...server.peer(copy)], { stdio: 'ignore' })
    const gone = once(near, 'exit')
    const who = await killSomebody(near)
    killed[who] = (killed[who] ?? 0) + 1
    await gone
    if (round % lookEvery === 0) lookAtCopy()
    if ((round + 1) % compareEvery === 0) {
      compareAll(server)
      process.stdout.write(`${round + 1} rounds: the copy is the same\n`)
    }
    writeFileSync(counter, String(round + 1))
  }
  compareAll(server)
  return killed
}

mkdirSync(home, { recursive: true })
const server = await SshServer.start()
let isDone = false
try {
  const killed = await loop(server)
  process.stdout.write(`${rounds} rounds, killed in this run: ${JSON.stringify(killed)}; the copy is the same\n`)
  isDone = true
} finally {
  await server.stop()
  if (isDone || given === undefined) rmSync(home, { recursive: true, force: true })
}
