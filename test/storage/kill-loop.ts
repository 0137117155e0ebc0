/**
 * Kills producers at random moments, again and again, while a reader follows, and checks that the next command works at once each time, that
 * what was acknowledged is there, no offset is missing, each producer's records are in order and the reader saw the very same:
 * `node test/storage/kill-loop.ts [cycles, 1000]`. Prints figures, exits 1 at the first fault.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BinaryRunner } from '../support/binary-runner.ts'
import { FollowedLog } from './followed-log.ts'
import { expectOrderKept, killCycle } from './many-producers.ts'

const cycles = Number(process.argv[2] ?? 1000)
const cyclesPerLog = 25
const home = mkdtempSync(join(tmpdir(), 'tslog-kill-loop-'))
let slowestMs = 0
/** Commands after a kill that took more than the second that is promised: on a machine with nothing else to do, none. */
let slow = 0
let records = 0

for (let cycle = 0; cycle < cycles; cycle += cyclesPerLog) {
  const log = new BinaryRunner(join(home, `log-${cycle}`))
  log.done(['topics', 'create', 't', '-c', 'segment.bytes=65536'])
  const reader = new FollowedLog(log, '%o %s')
  const end = Math.min(cycles, cycle + cyclesPerLog)
  for (let at = cycle; at < end; at++) await killOnce(log, at)
  await check(log, reader, end - cycle)
  rmSync(log.directory, { recursive: true })
}
rmSync(home, { recursive: true })
process.stdout.write(
  `${cycles} cycles, ${records} records; the next command took more than a second ${slow} times, ${slowestMs} ms at most\n`,
)

async function killOnce(log: BinaryRunner, cycle: number): Promise<void> {
  const killAfterMs = Math.random() * 150
  const { nextCommandMs } = await killCycle(log, { cycle, producers: 1 + (cycle % 8), killAfterMs })
  slowestMs = Math.max(slowestMs, nextCommandMs)
  if (nextCommandMs > 1000) slow++
}

async function check(log: BinaryRunner, reader: FollowedLog, acknowledged: number): Promise<void> {
  const found = log.numbered('t')
  expectOrderKept(found)
  const kept = found.filter(({ value }) => value.startsWith('after')).length
  if (kept !== acknowledged) throw new Error(`${kept} of ${acknowledged} acknowledged records are there`)
  const seen = await reader.end(found.length)
  const first = found.findIndex(({ offset, value }, at) => seen[at] !== `${offset} ${value}`)
  if (first >= 0) throw new Error(`the reader saw '${seen[first]}' as record ${first}`)
  records += found.length
}
