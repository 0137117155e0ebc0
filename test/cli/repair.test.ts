import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { repair } from '../../src/cli/repair.ts'
import { repairSpec } from '../../src/cli/specs/repair.ts'
import { verifySpec } from '../../src/cli/specs/verify.ts'
import { verify } from '../../src/cli/verify.ts'
import { takeServeLock } from '../../src/storage/serve-lock.ts'
import { BinaryLog } from '../support/binary-log.ts'
import { fingerprint } from '../support/binary-runner.ts'
import { ScratchLog } from './scratch-log.ts'

const segment = '00000000000000000000.log'
const done = { flags: { yes: true } }

async function damagedLog(): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t')
  await log.append('t', 0, { values: ['a', 'b'] }, { values: ['c'] }, { values: ['d'] })
  const bytes = readFileSync(log.path('t-0', segment))
  bytes.writeUInt8(bytes.readUInt8(70) ^ 0xff, 70)
  writeFileSync(log.path('t-0', segment), bytes)
  return log
}

test('nothing to repair is said with -v only', async () => {
  const log = new ScratchLog()
  await log.createTopic('t')
  await log.append('t', 0, { values: ['a'] })
  const before = fingerprint(log.directory)
  expect(await log.run(repairSpec, repair)).toEqual({ code: 0, stdout: '', stderr: '' })
  expect((await log.run(repairSpec, repair, { flags: { verbose: true } })).stderr).toBe('tslog: nothing to repair\n')
  expect(fingerprint(log.directory)).toEqual(before)
})

describe('damage', () => {
  test('is left alone by --dry-run, which says what would be done', async () => {
    const log = await damagedLog()
    const before = fingerprint(log.directory)
    const { code, stdout } = await log.run(repairSpec, repair, { flags: { 'dry-run': true } })
    expect(code).toBe(0)
    expect(stdout.split('\n')[0]).toMatch(/^quarantine\tt-0\/0{20}\.log\t0\t\d+\t0\t1\tmove the damaged bytes to /)
    expect(fingerprint(log.directory)).toEqual(before)
  })

  test('is left alone without --yes where nobody can be asked', async () => {
    const log = await damagedLog()
    const before = fingerprint(log.directory)
    const { code, stderr } = await log.run(repairSpec, repair)
    expect([code, stderr]).toEqual([2, expect.stringContaining('--yes')])
    expect(fingerprint(log.directory)).toEqual(before)
  })

  test('is moved aside with --yes: verify is silent afterwards, and the other records are there', async () => {
    const log = await damagedLog()
    const damaged = readFileSync(log.path('t-0', segment))
    expect((await log.run(repairSpec, repair, done)).code).toBe(0)
    expect(await log.run(verifySpec, verify)).toEqual({ code: 0, stdout: '', stderr: '' })
    const aside = readFileSync(log.path('t-0', `${segment.slice(0, 20)}.0.corrupt`))
    expect(aside.equals(damaged.subarray(0, aside.length))).toBe(true)
  })

  test('is told as one JSON document', async () => {
    const log = await damagedLog()
    const { stdout, stderr } = await log.run(repairSpec, repair, { flags: { yes: true, json: true } })
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toMatchObject({
      directory: log.directory,
      dryRun: false,
      actions: [
        { kind: 'quarantine', file: `t-0/${segment}`, position: 0, firstOffset: 0, lastOffset: 1 },
        { kind: 'rebuild', file: `t-0/${segment.replace('.log', '.index')}` },
      ],
      incurable: [],
      failures: [],
    })
  })

  test('that no repair can mend ends with exit code 5', async () => {
    const log = new BinaryLog()
    log.done(['produce', 't'], 'a\n')
    // A directory of that name keeps Kafka from starting; it is the user's to move.
    const { mkdirSync } = await import('node:fs')
    mkdirSync(log.path('backup'))
    const { code, stderr } = log.run(['repair', '--yes'])
    expect([code, stderr]).toEqual([5, expect.stringContaining('backup cannot be mended')])
  })
})

test('is refused while a serve holds the directory', async () => {
  const log = await damagedLog()
  const lock = takeServeLock(log.fileSystem, log.directory)
  const { code, stderr } = await log.run(repairSpec, repair, done)
  lock.close()
  expect([code, stderr]).toEqual([6, expect.stringContaining('serve')])
  expect(readdirSync(log.path('t-0')).filter((name) => name.endsWith('.corrupt'))).toEqual([])
  expect((await log.run(repairSpec, repair, done)).code).toBe(0)
})

test("is refused on a directory of Kafka's, and works there with --adopt", async () => {
  const log = await damagedLog()
  const { rmSync } = await import('node:fs')
  for (const name of readdirSync(log.directory)) if (name.startsWith('tslog')) rmSync(log.path(name))
  rmSync(log.path('t-0', 'tslog.lock'))
  const before = fingerprint(log.directory)
  const { code, stderr } = await log.run(repairSpec, repair, done)
  expect([code, stderr]).toEqual([1, expect.stringContaining('--adopt')])
  expect(fingerprint(log.directory)).toEqual(before)
  expect((await log.run(repairSpec, repair, { flags: { yes: true, adopt: true } })).code).toBe(0)
  expect(existsSync(log.path('tslog-topics.json'))).toBe(true)
  expect((await log.run(verifySpec, verify)).code).toBe(0)
})

test('a reader that follows goes on where it was, and producers go on behind the mended log', async () => {
  const log = new BinaryLog()
  log.done(['produce', 't', '--batch-size', '200'], 'one\n'.repeat(50))
  const file = log.path('t-0', segment)
  const bytes = readFileSync(file)
  bytes.writeUInt8(bytes.readUInt8(70) ^ 0xff, 70)
  writeFileSync(file, bytes)
  const tail = log.start(['tail', 't', '-n', '1'])
  let seen = ''
  tail.stdout?.on('data', (data: Buffer) => (seen += data.toString()))
  await expect.poll(() => seen, { timeout: 10_000 }).toBe('one\n')
  log.done(['repair', '--yes'])
  log.done(['produce', 't'], 'two\n')
  await expect.poll(() => seen, { timeout: 10_000 }).toBe('one\ntwo\n')
  expect(log.values('t').at(-1)).toBe('two')
  expect(log.run(['verify']).code).toBe(0)
})
