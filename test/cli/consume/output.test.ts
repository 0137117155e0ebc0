import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseEnvelope } from '../../../src/cli/format/envelope-parser.ts'
import type { CompressionCodec } from '../../../src/record/codec.ts'
import { T0 } from '../../support/batches.ts'
import type { Outcome } from '../scratch-log.ts'
import { ScratchLog } from '../scratch-log.ts'
import { batchOf, consumed, lines, type RecordSpec } from './reading.ts'

const records: readonly RecordSpec[] = [
  { key: 'k0', value: 'v0', headers: [{ key: 'source', value: Buffer.from('cron-1') }] },
  { key: 'k1', value: null, at: 1 },
  { value: '', at: 2 },
  { key: 'other', value: 'a\tb\u001b[2J\u202e', at: 3 },
]

async function logOf(...batches: readonly (readonly RecordSpec[])[]): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t')
  await log.appendBytes('t', 0, ...batches.map((batch) => batchOf(batch)))
  return log
}

describe('consume prints', () => {
  test.each<[string, Record<string, string | boolean>, string]>([
    ['values', {}, 'v0\n\n\na\tb\u001b[2J\u202e\n'],
    ['NULL for null', { 'print-null': true }, 'v0\nNULL\n\na\tb\u001b[2J\u202e\n'],
    ['keys before values', { 'key-delimiter': ':' }, 'k0:v0\nk1:\n:\nother:a\tb\u001b[2J\u202e\n'],
    [
      'NULL keys too',
      { 'key-delimiter': '=', 'print-null': true },
      'k0=v0\nk1=NULL\nNULL=\nother=a\tb\u001b[2J\u202e\n',
    ],
    ['another delimiter', { delimiter: ';' }, 'v0;;;a\tb\u001b[2J\u202e;'],
    ['a delimiter of several bytes', { delimiter: '\\r\\n' }, 'v0\r\n\r\n\r\na\tb\u001b[2J\u202e\r\n'],
    ['no delimiter', { delimiter: '' }, 'v0a\tb\u001b[2J\u202e'],
    ['NUL as the delimiter', { nul: true }, 'v0\0\0\0a\tb\u001b[2J\u202e\0'],
    [
      'a format',
      { format: '%p %o %T %k %S %h;' },
      `0 0 ${T0} k0 2 source=cron-1;0 1 ${T0 + 1} k1 -1 ;0 2 ${T0 + 2}  0 ;0 3 ${T0 + 3} other 10 ;`,
    ],
    ['a format and a delimiter', { format: '%o', nul: true }, '0\x001\x002\x003\0'],
    ['the same unbuffered', { unbuffered: true }, 'v0\n\n\na\tb\u001b[2J\u202e\n'],
  ])('%s', async (_name, flags, stdout) => {
    expect(await consumed(await logOf(records), flags)).toEqual({ code: 0, stdout, stderr: '' })
  })

  test('JSON that can be parsed, whatever the bytes are', async () => {
    const { stdout } = await consumed(await logOf(records, [{ value: Uint8Array.of(0xff), key: 'é' }]), { json: true })
    const objects = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(objects[0]).toEqual({
      topic: 't',
      partition: 0,
      offset: 0,
      tstype: 'create',
      ts: T0,
      headers: ['source', 'cron-1'],
      key: 'k0',
      payload: 'v0',
    })
    expect(objects[1]).toMatchObject({ payload: null })
    expect(objects[4]).toMatchObject({ key: 'é', payload_base64: '/w==', offset: 4 })
  })

  test('everything but keys and values', async () => {
    const { stdout } = await consumed(await logOf(records), { 'meta-only': true, count: 1 })
    expect(stdout).toBe(
      `{"topic":"t","partition":0,"offset":0,"tstype":"create","ts":${T0},"headers":["source","cron-1"]}\n`,
    )
  })
})

describe('on a terminal', () => {
  const onTerminal = { onTerminal: true }

  test('control characters of records are escaped, what the command adds is not', async () => {
    const { stdout } = await consumed(
      await logOf(records),
      { offset: ['3'], delimiter: '\\x07', 'key-delimiter': '\\t' },
      onTerminal,
    )
    expect(stdout).toBe('other\ta\tb\\x1b[2J\\u202e\u0007')
  })

  test('--raw gives the bytes', async () => {
    const { stdout } = await consumed(await logOf(records), { offset: ['3'], raw: true }, onTerminal)
    expect(stdout).toBe('a\tb\u001b[2J\u202e\n')
  })
})

describe('filters', () => {
  test.each<[Record<string, string | boolean | string[]>, number[]]>([
    [{ 'match-key': 'k*' }, [0, 1]],
    [{ 'match-key': 'k*', 'invert-match': true }, [2, 3]],
    [{ grep: 'v' }, [0]],
    [{ grep: '^v\\d$' }, [0]],
    [{ grep: '^$' }, [2]],
    [{ grep: 'v0', 'invert-match': true }, [1, 2, 3]],
    [{ 'match-header': ['source=cron*'] }, [0]],
    [{ 'match-header': ['source=cron*', 'source=*2'] }, []],
    [{ 'match-key': '*', grep: 'b' }, [3]],
    [{ grep: 'nowhere' }, []],
  ])('%j', async (flags, offsets) => {
    const outcome = await consumed(await logOf(records), { ...flags, format: '%o\\n' })
    expect(outcome.stdout).toBe(lines(...offsets))
  })

  test('-c counts what is printed', async () => {
    const log = await logOf(records, records, records)
    expect((await consumed(log, { 'match-key': 'k*', count: 3, format: '%o\\n' })).stdout).toBe(lines(0, 1, 4))
  })

  test('look into compressed batches', async () => {
    const log = new ScratchLog()
    await log.createTopic('t')
    const values = Array.from({ length: 200 }, (_, i) => ({ value: `value ${i}` }))
    await log.appendBytes('t', 0, batchOf(values, 'gzip'), batchOf(values, 'lz4'))
    expect((await consumed(log, { grep: 'value 77' })).stdout).toBe(lines('value 77', 'value 77'))
  })
})

describe('the fast way and the general way print the same', () => {
  const codec = fc.constantFrom<CompressionCodec>('none', 'none', 'gzip', 'snappy', 'lz4', 'zstd')
  const value = fc.option(
    fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.integer({ min: 0, max: 200_000 }).map((size) => 'x'.repeat(size)),
    ),
  )
  const log = fc.array(fc.tuple(fc.array(value, { minLength: 1, maxLength: 8 }), codec), { maxLength: 6 })

  test('for any log, start and count', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(log, fc.nat(20), fc.nat(30), fc.boolean(), async (batches, skipped, count, hasNull) => {
        const scratch = new ScratchLog()
        await scratch.createTopic('t')
        await scratch.appendBytes(
          't',
          0,
          ...batches.map(([values, kind]) =>
            batchOf(
              values.map((one) => ({ value: one })),
              kind,
            ),
          ),
        )
        const all = batches.flatMap(([values]) => values)
        const start = Math.min(skipped, all.length)
        const flags = { offset: [String(start)], count, 'print-null': hasNull }
        const fast: Outcome = await consumed(scratch, flags)
        const expected = all.slice(start, start + count).map((one) => one ?? (hasNull ? 'NULL' : ''))
        expect(fast.stdout).toBe(lines(...expected))
        expect(await consumed(scratch, { ...flags, format: '%s\\n' })).toEqual(fast)
        expect(await consumed(scratch, { ...flags, 'match-header': ['x=y'], 'invert-match': true })).toEqual(fast)
      }),
      { numRuns: 25 },
    )
  })

  test('for any times and range of time', { timeout: 120_000 }, async () => {
    const times = fc.array(fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(times, codec, fc.nat(10), fc.nat(10), async (batches, kind, since, until) => {
        const scratch = new ScratchLog()
        await scratch.createTopic('t')
        const timed = batches.map((batch) => batch.map((at) => ({ value: `${at}`, at })))
        await scratch.appendBytes('t', 0, ...timed.map((batch) => batchOf(batch, kind)))
        const flags = { since: String(T0 + since), until: String(T0 + until) }
        const expected = lines(...batches.flat().filter((at) => at >= since && at < until))
        expect((await consumed(scratch, flags)).stdout).toBe(expected)
        expect((await consumed(scratch, { ...flags, format: '%s\\n' })).stdout).toBe(expected)
      }),
      { numRuns: 40 },
    )
  })

  test('and the envelopes hold every record', async () => {
    const scratch = await logOf(records)
    const { stdout } = await consumed(scratch, { json: true })
    const values = stdout
      .trimEnd()
      .split('\n')
      .map((line) => parseEnvelope(Buffer.from(line), 'line').payload)
    expect(values.map((bytes) => bytes && Buffer.from(bytes).toString())).toEqual(records.map((one) => one.value))
  })
})
