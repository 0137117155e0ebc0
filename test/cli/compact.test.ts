import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compact } from '../../src/cli/compact.ts'
import { compactSpec } from '../../src/cli/specs/compact.ts'
import { PartitionMaintenance } from '../../src/storage/partition-maintenance.ts'
import { numbered } from '../support/batches.ts'
import { fingerprint } from '../support/binary-runner.ts'
import { type Outcome, ScratchLog } from './scratch-log.ts'

/** Two partitions with eight values of one key, in segments of two. */
async function changelog(policy = 'compact'): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t', 2, { 'cleanup.policy': policy, 'segment.bytes': '170' })
  for (const partition of [0, 1]) {
    await log.append('t', partition, ...numbered(8).map((value) => ({ values: [value], key: 'k' })))
  }
  return log
}

type Flags = Readonly<Record<string, string | boolean | string[]>>

async function run(log: ScratchLog, flags: Flags = {}, operands: readonly string[] = []): Promise<Outcome> {
  return log.run(compactSpec, compact, { flags, operands })
}

const logFile = '00000000000000000000.log'

describe('compact', () => {
  test('keeps the last record of each key, below the active segment', async () => {
    const log = await changelog()
    const { code, stdout, stderr } = await run(log)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'))
    expect(rows.map((row) => row.slice(0, 6))).toEqual([
      ['t', '0', 'compacted', '1.00', '0', '6'],
      ['t', '1', 'compacted', '1.00', '0', '6'],
    ])
    expect(rows.map((row) => row.slice(-2))).toEqual([
      ['6', '1'],
      ['6', '1'],
    ])
    expect(readFileSync(log.path('cleaner-offset-checkpoint'), 'utf8')).toBe('0\n2\nt 0 6\nt 1 6\n')
  })

  test('says in JSON what it did, and with --exit-code when there was nothing to do', async () => {
    const log = await changelog()
    const first = await run(log, { json: true, partition: ['1'] })
    const { partitions } = JSON.parse(first.stdout) as { partitions: Record<string, unknown>[] }
    expect(partitions).toMatchObject([
      { topic: 't', partition: 1, isDue: true, compacted: { recordsBefore: 6, recordsAfter: 1, passes: 1 } },
    ])
    const second = await run(log, { json: true, partition: ['1'], exitCode: true, 'exit-code': true })
    expect(second.code).toBe(4)
    expect(JSON.parse(second.stdout)).toMatchObject({ partitions: [{ isDue: false, dirtyBytes: 0 }] })
  })

  test('names with -q only what had to be compacted', async () => {
    const log = await changelog()
    const first = await run(log, { quiet: true, partition: ['1'] })
    expect(first.stdout).toMatch(/^t\t1\tcompacted\t.*\n$/)
    expect(await run(log, { quiet: true, partition: ['1'] })).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test('lists what had nothing to be compacted only where it is asked for', async () => {
    const log = await changelog()
    await run(log)
    expect((await run(log)).stdout).toBe('')
    for (const [flags, operands] of [
      [{ verbose: true }, []],
      [{ 'dry-run': true }, []],
      [{}, ['t']],
    ] as const) {
      expect((await run(log, flags, operands)).stdout).toMatch(/^(t\t\d\tnothing below the active segment\t.*\n){2}$/)
    }
  })

  test('changes nothing with --dry-run', async () => {
    const log = await changelog()
    const before = fingerprint(log.directory)
    const { code, stdout } = await run(log, { 'dry-run': true })
    expect({ code, stdout }).toEqual({ code: 0, stdout: 't\t0\tdue\t1.00\t0\t6\nt\t1\tdue\t1.00\t0\t6\n' })
    expect(fingerprint(log.directory)).toEqual(before)
  })

  test('leaves a partition that is not dirty enough, unless --dirty-ratio says so', async () => {
    const log = await changelog()
    await run(log, { 'dirty-ratio': '0' })
    await log.append('t', 0, ...numbered(2).map((value) => ({ values: [value], key: 'other' })))
    const row = async (flags: Flags) => (await run(log, { partition: ['0'], ...flags })).stdout.split('\t')[2]
    expect(await row({ 'dirty-ratio': '0.99' })).toBe('not dirty enough')
    expect(await row({ 'dirty-ratio': '0' })).toBe('compacted')
  })

  test('refuses a topic that is not compacted, and says how to make it one', async () => {
    const log = await changelog('delete')
    expect(await run(log, {}, ['t'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('topic t is not compacted: its cleanup.policy is delete') as string,
    })
    expect(await run(log)).toMatchObject({ code: 0, stdout: '' })
  })

  test('takes topics that are compacted and deleted from', async () => {
    expect((await run(await changelog('compact,delete'))).stdout).toContain('compacted')
  })

  test('stops at a batch that cannot be read, changes nothing there, and does the others', async () => {
    const log = await changelog()
    const path = log.path('t-0', logFile)
    const bytes = readFileSync(path)
    bytes[100] = (bytes[100] ?? 0) ^ 1
    writeFileSync(path, bytes)
    const { code, stdout, stderr } = await run(log)
    expect(code).toBe(5)
    expect(stderr).toContain(`${path}: damaged at byte`)
    expect(stdout.split('\n').map((line) => line.split('\t')[2])).toEqual(['failed', 'compacted', undefined])
    expect(readFileSync(path)).toEqual(bytes)
  })

  test('leaves a partition that another process compacts', async () => {
    const log = await changelog()
    const held = PartitionMaintenance.begin(log.fileSystem, log.path('t-1'))
    const { code, stderr, stdout } = await run(log)
    held.end()
    expect(code).toBe(6)
    expect(stderr).toContain('by another process')
    expect(stdout).toContain('t\t0\tcompacted')
  })

  test("refuses a directory of Kafka's", async () => {
    const log = await changelog()
    rmSync(log.path('tslog-topics.json'))
    const before = fingerprint(log.directory)
    expect(await run(log)).toMatchObject({ code: 1, stdout: '' })
    expect(fingerprint(log.directory)).toEqual(before)
  })
})
