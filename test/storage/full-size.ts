/**
 * What the tests of many processes, full disks and readers do in small, in full size: `node test/storage/full-size.ts [PART...]`.
 * `appends`: 16 processes, 5,000 batches of one record each. `stopped`: a producer that stands still with its lock for a minute. `sizes`: a reader of
 * records of 1 byte to 64 MiB while segments roll, are trimmed and dropped. `disks [STEP]`: disks of 64 KiB to 64 MiB that fill up, every STEPth
 * size (root only). Prints a line of figures for each, exits 1 at the first fault.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BinaryRunner, ended } from '../support/binary-runner.ts'
import { SmallDisk } from '../support/small-disk.ts'
import { FollowedLog } from './followed-log.ts'
import { expectOrderKept, produceLines } from './many-producers.ts'
import { stoppedHolder } from './stopped-holder.ts'

const KiB = 1024
const MiB = 1024 * KiB

const parts: Readonly<Record<string, (log: BinaryRunner) => Promise<string>>> = { appends, stopped, sizes, disks }

const asked = process.argv.slice(2).filter((word) => Object.hasOwn(parts, word))
const diskStep = Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? 1)

for (const name of asked.length === 0 ? Object.keys(parts) : asked) {
  const home = mkdtempSync(join(tmpdir(), 'tslog-full-size-'))
  const began = Date.now()
  const figures = await parts[name]?.(new BinaryRunner(join(home, 'log')))
  process.stdout.write(`${name}: ${figures}, in ${((Date.now() - began) / 1000).toFixed(1)} s\n`)
  rmSync(home, { recursive: true })
}

async function appends(log: BinaryRunner): Promise<string> {
  const [processes, count] = [16, 5000]
  const flags = ['--linger', '0', '--batch-size', '1', '--fsync', 'never']
  const began = Date.now()
  const runs = await Promise.all(
    Array.from({ length: processes }, (_, n) => produceLines(log, { name: `p${n}`, count, flags })),
  )
  const perSecond = Math.round((processes * count * 1000) / (Date.now() - began))
  must(
    runs.every(({ code }) => code === 0),
    'every producer ends well',
  )
  const records = log.numbered('t')
  must(records.length === processes * count, `${records.length} records of ${processes * count} are there`)
  expectOrderKept(records)
  return `${records.length} records of ${processes} processes without a gap, ${perSecond} a second`
}

async function stopped(log: BinaryRunner): Promise<string> {
  log.done(['produce', 't'], 'first\n')
  const holder = await stoppedHolder(log)
  const stoppedAt = Date.now()
  const waiting = await produceLines(log, { name: 'w', count: 5, flags: [] })
  const waitedMs = Date.now() - stoppedAt
  must(waiting.code === 75, `who waits ends with exit code 75, not ${waiting.code}: ${waiting.stderr}`)
  must(log.values('t', '-c', '1')[0] === 'first', 'readers are not held up')
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, 60_000 - waitedMs)))
  must(log.run(['produce', 't', '--fsync', 'never'], '').code === 0, 'nothing to append needs no lock')
  const killedAt = Date.now()
  await ended(holder, 'SIGKILL')
  log.done(['produce', 't'], 'after\n')
  const nextMs = Date.now() - killedAt
  must(log.numbered('t').at(-1)?.value === 'after', 'the next one has appended')
  return `who waited gave up after ${waitedMs} ms, the next command after the kill took ${nextMs} ms`
}

async function sizes(log: BinaryRunner): Promise<string> {
  log.done(['topics', 'create', 't', '-c', `segment.bytes=${66 * MiB}`, '-c', `max.message.bytes=${65 * MiB}`])
  log.done(['topics', 'alter', 't', '--config', `retention.bytes=${200 * MiB}`, '--config', 'file.delete.delay.ms=0'])
  const reader = new FollowedLog(log, '%o %S')
  const expected: string[] = []
  for (let round = 0; round < 3; round++) {
    for (let size = 1; size <= 64 * MiB; size *= 2) {
      log.done(['produce', 't', '--whole'], Buffer.alloc(size, 'x'))
      expected.push(`${expected.length} ${size}`)
      if (size % (16 * KiB) === 0) await behind(reader, expected.length)
      if (size === MiB) log.done(['topics', 'trim', 't', '-o', String(expected.length - 5), '--yes'])
      log.done(['retention', 't'])
    }
  }
  const seen = await reader.end(expected.length)
  must(digest(seen) === digest(expected), 'the reader saw each record once, in order and whole')
  return `${seen.length} records of 1 byte to 64 MiB, each once and whole, while ${log.done(['offsets', 't']).split('\t')[2]} were dropped`
}

/** What was read may go. */
async function behind(reader: FollowedLog, count: number): Promise<void> {
  for (let waitedMs = 0; reader.lines.length < count; waitedMs += 20) {
    must(waitedMs < 30_000, `the reader sees record ${count - 1} within 30 s`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function digest(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}

async function disks(): Promise<string> {
  const input = Buffer.from(Array.from({ length: 12_000_000 }, (_, n) => n).join('\n'))
  let tried = 0
  let smallest = Infinity
  for (let kib = 64; kib <= 64 * KiB; kib += 64 * diskStep) {
    const disk = SmallDisk.make(`${kib}k`)
    if (disk === undefined) return 'nothing, for want of root'
    try {
      smallest = Math.min(smallest, filledUp(new BinaryRunner(join(disk.path, 'log')), input, kib))
      tried++
    } finally {
      disk.remove()
    }
  }
  return `${tried} disks filled up, at least ${smallest} records kept, then trimmed and written on`
}

/** Fills the disk, and makes room by trimming. Returns how many records were kept. */
function filledUp(log: BinaryRunner, input: Buffer, kib: number): number {
  const run = log.run(['produce', 't', '--config', 'segment.bytes=262144', '--config', 'file.delete.delay.ms=0'], input)
  must(run.code === 75, `a disk of ${kib} KiB: exit code 75, not ${run.code}: ${run.stderr}`)
  const kept = log.values('t')
  must(
    kept.every((value, at) => value === String(at)),
    `a disk of ${kib} KiB: whole records, in order`,
  )
  must(log.run(['verify']).code === 0, `a disk of ${kib} KiB: a log without damage`)
  log.done(['topics', 'trim', 't', '-o', 'end', '--yes'])
  log.done(['produce', 't'], 'next\n')
  must(log.numbered('t').at(-1)?.offset === kept.length, `a disk of ${kib} KiB: goes on at ${kept.length}`)
  return kept.length
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}
