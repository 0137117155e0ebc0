/**
 * Kills producers at random moments, again and again, and checks after each time that the next command works at once, that no offset is
 * missing and that each producer's records are in order: `node test/storage/kill-loop.ts [cycles, 1000]`. Prints figures, exits 1 at the first fault.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BinaryRunner } from '../support/binary-runner.ts'
import { expectOrderKept, killCycle } from './many-producers.ts'

const cycles = Number(process.argv[2] ?? 1000)
const home = mkdtempSync(join(tmpdir(), 'tslog-kill-loop-'))
let slowestMs = 0
let records = 0
let log = begun(0)

for (let cycle = 0; cycle < cycles; cycle++) {
  const killAfterMs = Math.random() * 150
  const { nextCommandMs } = await killCycle(log, { cycle, producers: 1 + (cycle % 8), killAfterMs })
  slowestMs = Math.max(slowestMs, nextCommandMs)
  if (nextCommandMs > 1000) throw new Error(`cycle ${cycle}: the next command took ${nextCommandMs} ms`)
  if (cycle % 25 === 24 || cycle === cycles - 1) {
    const found = log.numbered('t')
    expectOrderKept(found)
    records += found.length
    rmSync(log.directory, { recursive: true })
    log = begun(cycle + 1)
  }
}
rmSync(home, { recursive: true })
process.stdout.write(`${cycles} cycles, ${records} records, the slowest next command took ${slowestMs} ms\n`)

function begun(number: number): BinaryRunner {
  const runner = new BinaryRunner(join(home, `log-${number}`))
  runner.done(['topics', 'create', 't', '-c', 'segment.bytes=65536'])
  return runner
}
