import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { offset } from '../../../src/base/brands.ts'
import { parseEnvelope } from '../../../src/cli/format/envelope-parser.ts'
import { renderEnvelope } from '../../../src/cli/format/json-envelope.ts'
import type { OutputRecord } from '../../../src/cli/format/output-record.ts'
import { bytes, record } from './records.ts'
import { anyText } from '../arbitraries.ts'

const text = anyText(20).map(bytes)
const content = fc.oneof(text, fc.uint8Array({ maxLength: 50, size: 'max' }))
const header = fc.record({ key: fc.oneof(fc.constant('same'), anyText(20)), value: fc.option(content) })

const anyRecord: fc.Arbitrary<OutputRecord> = fc.record({
  topic: anyText(20),
  partition: fc.nat(),
  offset: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(offset),
  timestampMs: fc.oneof(fc.constant(-1), fc.nat({ max: Number.MAX_SAFE_INTEGER })),
  timestampType: fc.constantFrom('CreateTime', 'LogAppendTime'),
  key: fc.option(content),
  value: fc.option(content),
  headers: fc.array(header, { maxLength: 5 }),
})

describe('renderEnvelope', () => {
  test("has kcat's names in kcat's order", () => {
    const full = record({
      partition: 3,
      offset: offset(9_007_199_254_740_993n),
      timestampMs: 1700,
      key: bytes('k'),
      value: bytes('v "1"\n'),
      headers: [
        { key: 'a', value: bytes('1') },
        { key: 'a', value: null },
      ],
    })
    expect(renderEnvelope(full)).toBe(
      '{"topic":"t","partition":3,"offset":9007199254740993,"tstype":"create","ts":1700,' +
        '"headers":["a","1","a",null],"key":"k","payload":"v \\"1\\"\\n"}',
    )
  })

  test('leaves out what the record does not have, but keeps a null', () => {
    expect(renderEnvelope(record())).toBe('{"topic":"t","partition":0,"offset":0,"key":null,"payload":null}')
    expect(renderEnvelope(record(), { metaOnly: true })).toBe('{"topic":"t","partition":0,"offset":0}')
  })

  test('names the time of the broker', () => {
    expect(renderEnvelope(record({ timestampMs: 5, timestampType: 'LogAppendTime' }))).toContain(
      '"tstype":"logappend","ts":5,',
    )
  })

  test('writes what is not UTF-8 in base64', () => {
    const binary = bytes([0xff, 0xfe])
    const line = renderEnvelope(record({ key: binary, value: binary, headers: [{ key: 'h', value: binary }] }))
    expect(line).toContain('"headers":["h",{"base64":"//4="}],"key_base64":"//4=","payload_base64":"//4="}')
  })

  test('shows the replacement character itself as a character', () => {
    expect(renderEnvelope(record({ value: bytes('\ufffd') }))).toContain('"payload":"\ufffd"')
  })

  test('is one line of valid JSON without control or bidirectional characters, whatever the record holds', () => {
    fc.assert(
      fc.property(anyRecord, (any) => {
        const line = renderEnvelope(any)
        // oxlint-disable-next-line no-control-regex -- control characters are the point
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/)
        expect(JSON.parse(line)).toMatchObject({ topic: any.topic })
      }),
    )
  })
})

describe('parseEnvelope', () => {
  const parse = (line: string): ReturnType<typeof parseEnvelope> => parseEnvelope(bytes(line), 'stdin line 3')

  test('reads exactly what renderEnvelope writes', () => {
    fc.assert(
      fc.property(anyRecord, (any) => {
        const { topic, partition, key, value } = any
        const timestampMs = any.timestampMs === -1 ? undefined : any.timestampMs
        const headers = any.headers.map((header) => ({ name: header.key, value: header.value }))
        expect(parse(renderEnvelope(any))).toEqual({ topic, partition, timestampMs, key, payload: value, headers })
      }),
      { numRuns: 500 },
    )
  })

  test('needs a payload only', () => {
    const nothing = { topic: undefined, partition: undefined, timestampMs: undefined, key: null, headers: [] }
    expect(parse('{"payload":"v"}')).toEqual({ ...nothing, payload: bytes('v') })
    expect(parse('{"payload":null,"ts":-1,"partition":-1,"headers":null}')).toEqual({ ...nothing, payload: null })
  })

  test('reads a line of kcat, and a byte order mark before it', () => {
    const line =
      '\ufeff{"topic":"t","partition":0,"offset":1,"tstype":"create","ts":5,"broker":0,"key":null,"payload":"\ufeffv"}\r'
    expect(parse(line)).toMatchObject({ topic: 't', timestampMs: 5, payload: bytes('\ufeffv') })
  })

  test('takes no field from a prototype', () => {
    const line =
      '{"__proto__":{"key":"evil","headers":["a","b"]},"constructor":{"prototype":{"topic":"evil"}},"payload":"v"}'
    expect(parse(line)).toMatchObject({ topic: undefined, key: null, headers: [] })
    expect(Object.hasOwn(Object.prototype, 'topic')).toBe(false)
  })

  test.each([
    ['', 'is not JSON'],
    ['{"payload":"v"', 'is not JSON'],
    ['"v"', 'is not a JSON object'],
    ['null', 'is not a JSON object'],
    ['["payload"]', 'is not a JSON object'],
    ['{"value":"v"}', 'has no "payload"'],
    ['{"payload":{"a":1}}', 'field "payload" must be a string or null'],
    ['{"payload":"v","key":5}', 'field "key" must be a string or null'],
    ['{"payload":"v","payload_base64":"dg=="}', 'has both "payload" and "payload_base64"'],
    ['{"payload_base64":"d"}', 'field "payload_base64" is not base64'],
    ['{"payload_base64":"dg==\\n"}', 'field "payload_base64" is not base64'],
    ['{"payload_base64":null}', 'field "payload_base64" is not base64'],
    ['{"payload":"\\ud800"}', 'field "payload" has half of a surrogate pair'],
    ['{"payload":"v","topic":1}', 'field "topic" must be a string'],
    ['{"payload":"v","partition":1.5}', 'field "partition" must be a whole number from 0 to 2147483647'],
    ['{"payload":"v","partition":2147483648}', 'field "partition" must be a whole number'],
    ['{"payload":"v","ts":1e400}', 'field "ts" must be a whole number'],
    ['{"payload":"v","ts":"5"}', 'field "ts" must be a whole number'],
    ['{"payload":"v","headers":{"a":"b"}}', 'field "headers" must be an array'],
    ['{"payload":"v","headers":["a"]}', 'field "headers" must be an array'],
    ['{"payload":"v","headers":[null,"b"]}', 'field "headers" has a name that is not a string'],
    ['{"payload":"v","headers":["a",1]}', 'field "headers" has a value that is neither'],
    ['{"payload":"v","headers":["a",{"base64":"*"}]}', 'field "headers" is not base64'],
  ])('refuses %j', (line, message) => {
    expect(() => parse(line)).toThrow(`stdin line 3 ${message}`)
  })

  test('fails cleanly on any bytes and on any JSON', () => {
    const json = fc.oneof(
      fc.json({ maxDepth: 3 }),
      fc.dictionary(fc.constantFrom('payload', 'key', 'headers', 'ts'), fc.jsonValue()).map((v) => JSON.stringify(v)),
    )
    const line = fc.oneof(fc.uint8Array({ maxLength: 100, size: 'max' }), json.map(bytes))
    fc.assert(
      fc.property(line, (any) => {
        try {
          parseEnvelope(any, 'line 1')
        } catch (error) {
          expect(error).toHaveProperty('name', 'EnvelopeError')
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('survives nesting without end', () => {
    const deep = '['.repeat(1_000_000)
    expect(() => parse(`{"payload":"v","x":${deep}`)).toThrow('stdin line 3 is not JSON')
  })
})
