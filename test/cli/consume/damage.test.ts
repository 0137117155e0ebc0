import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { RecordBatch } from '../../../src/record/record-batch.ts'
import { ScratchLog } from '../scratch-log.ts'
import { batchOf, committed, consumed, lines } from './reading.ts'

const segment = '00000000000000000000.log'

/** Five batches of two records; one of them, by default the third, has a flipped bit. */
async function damagedLog(which = 2): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t')
  const batches = [0, 1, 2, 3, 4].map((i) => batchOf([{ value: `v${2 * i}` }, { value: `v${2 * i + 1}` }]))
  await log.appendBytes('t', 0, ...batches)
  const path = log.path('t-0', segment)
  const bytes = readFileSync(path)
  const at = which * (batches[0]?.length ?? 0) + 70
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
  return log
}

test.each([[{}], [{ format: '%s\\n' }], [{ merge: 'time' }], [{ follow: true, timeout: 100 }]])(
  'a damaged batch is reported and left out: %j',
  async (flags) => {
    const outcome = await consumed(await damagedLog(), flags)
    expect(outcome.stdout).toBe(lines('v0', 'v1', 'v2', 'v3', 'v6', 'v7', 'v8', 'v9'))
    expect(outcome.stderr).toMatch(
      /t-0\/0{20}\.log: damaged from byte \d+ to \d+, offsets 4 to 5 of it are left out: .*CRC/,
    )
    expect(outcome.code).toBe('timeout' in flags ? 124 : 5)
  },
)

test('damage outside of what is asked for is nobody’s business', async () => {
  const log = await damagedLog()
  expect(await consumed(log, { offset: ['6'] })).toMatchObject({ code: 0, stderr: '' })
  expect(await consumed(log, { count: 4 })).toMatchObject({ code: 0, stderr: '' })
})

test('-q does not hide it', async () => {
  expect((await consumed(await damagedLog(), { quiet: true })).stderr).toContain('damaged')
})

test('--json tells it as errors are told', async () => {
  const { code, stdout, stderr } = await consumed(await damagedLog(), { json: true, quiet: true })
  expect([code, stdout.trimEnd().split('\n').length]).toEqual([5, 8])
  expect(JSON.parse(stderr)).toEqual({
    error: { message: expect.stringContaining('offsets 4 to 5') as string, name: 'CorruptSegmentError', exitCode: 5 },
  })
})

test('a group goes on behind it', async () => {
  const log = await damagedLog()
  expect((await consumed(log, { group: 'g' })).code).toBe(5)
  expect(await committed(log, 'g')).toBe(10n)
  const damagedAtTheEnd = await damagedLog(4)
  expect((await consumed(damagedAtTheEnd, { group: 'g' })).code).toBe(5)
  expect(await committed(damagedAtTheEnd, 'g')).toBe(10n)
})

test.each([[{}], [{ format: '%s\\n' }], [{ merge: 'time' }]])(
  'records that do not follow their format are reported by their offsets: %j',
  async (flags) => {
    const log = new ScratchLog()
    await log.createTopic('t')
    const bad = batchOf([{ value: 'one' }, { value: 'two' }])
    // The second record says that it is longer than the batch.
    bad[bad.length - 10] = 0x7e
    new RecordBatch(bad).sealCrc()
    await log.appendBytes('t', 0, bad, batchOf([{ value: 'three' }]))
    await log.createTopic('u')
    const outcome = await consumed(log, flags, { operands: ['t', 'u'] })
    expect(outcome).toMatchObject({ code: 5, stdout: lines('one', 'three') })
    expect(outcome.stderr).toContain('t [0]: the batch with offsets 0 to 1 cannot be read to its end')
  },
)
