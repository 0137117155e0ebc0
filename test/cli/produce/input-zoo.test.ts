import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { builtBinary } from '../../support/built-binary.ts'
import { readTopic } from '../../support/read-topic.ts'
import { runBinary, runShell } from '../../support/run-binary.ts'

let home = ''

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'tslog-zoo-'))
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

interface Animal {
  readonly name: string
  readonly flags?: readonly string[]
  readonly input: string | Uint8Array
  readonly code?: number
  /** What stderr must say. */
  readonly says?: RegExp
  /** Values as latin1, or undefined for a topic that was not made. */
  readonly values: readonly (string | null)[] | undefined
  readonly keys?: readonly (string | null)[]
}

const tooLong = 'x'.repeat(1_048_600)

const zoo: readonly Animal[] = [
  { name: 'nothing', input: '', values: undefined },
  { name: 'one newline', input: '\n', values: [''] },
  { name: 'only newlines', input: '\n\n\n', values: ['', '', ''] },
  { name: 'lines', input: 'a\nb\n', values: ['a', 'b'] },
  { name: 'a last line without a newline', input: 'a\nb', values: ['a', 'b'] },
  { name: 'carriage returns', input: 'a\r\nb\r\n', values: ['a\r', 'b\r'] },
  { name: 'NUL bytes in lines', input: 'a\0b\n', values: ['a\0b'] },
  { name: 'invalid UTF-8', input: Uint8Array.of(0xff, 0xfe, 10), values: ['\xff\xfe'] },
  { name: 'NUL as the delimiter', flags: ['-0'], input: 'a\nb\0c', values: ['a\nb', 'c'] },
  { name: 'a delimiter of two bytes', flags: ['-D', '||'], input: 'a|b||c||', values: ['a|b', 'c'] },
  { name: 'a delimiter given by its code', flags: ['-D', '\\x1e'], input: 'a\x1eb\x1e', values: ['a', 'b'] },
  { name: 'all of it as one record', flags: ['--whole'], input: 'a\nb\n', values: ['a\nb\n'] },
  { name: 'nothing as one record', flags: ['--whole'], input: '', values: [''] },
  { name: 'keys', flags: ['-K:'], input: 'a:1\nb:2:3\n', values: ['1', '2:3'], keys: ['a', 'b'] },
  { name: 'empty keys', flags: ['-K:'], input: ':1\n', values: ['1'], keys: [''] },
  { name: 'one key for all', flags: ['-k', 'host'], input: 'a\nb\n', values: ['a', 'b'], keys: ['host', 'host'] },
  {
    name: 'a line without the key delimiter',
    flags: ['-K:'],
    input: 'a:1\nb\nc:3\n',
    code: 1,
    says: /line 2 has no key/,
    values: ['1'],
  },
  { name: 'missing keys as null', flags: ['-K:', '--missing-key', 'null'], input: 'b\n', values: ['b'], keys: [null] },
  { name: 'missing keys left out', flags: ['-K:', '--missing-key', 'skip'], input: 'b\nc:1\n', values: ['1'] },
  { name: 'tombstones', flags: ['-K:', '-Z'], input: 'a:\nb:1\n', values: [null, '1'], keys: ['a', 'b'] },
  { name: 'empty values that stay empty', flags: ['-K:'], input: 'a:\n', values: [''] },
  {
    name: 'a line over max.message.bytes',
    input: `a\n${tooLong}\nb\n`,
    code: 1,
    says: /line 2 has 1048600 bytes.*max\.message\.bytes/,
    values: ['a'],
  },
  {
    name: 'too large lines left out',
    flags: ['--too-large', 'skip'],
    input: `a\n${tooLong}\nb\n`,
    says: /left out 1 record over/,
    values: ['a', 'b'],
  },
  {
    name: 'envelopes',
    flags: ['-J'],
    input: '{"key":"k","payload":"v","headers":["h","1"],"ts":5}\n{"payload":null}\n',
    values: ['v', null],
    keys: ['k', null],
  },
  {
    name: 'a line that is no envelope',
    flags: ['-J'],
    input: '{"payload":"v"}\nnope\n',
    code: 1,
    says: /line 2 is not JSON/,
    values: ['v'],
  },
  { name: 'kcat words', flags: ['-l', '-p', '0'], input: 'a\n', values: ['a'] },
  { name: 'a slow rate', flags: ['--rate', '10000/s'], input: 'a\nb\n', values: ['a', 'b'] },
  { name: 'batches of one record', flags: ['--batch-size', '1', '--linger', '0'], input: 'a\nb\n', values: ['a', 'b'] },
]

describe('produce takes', () => {
  test.each(zoo)('$name', async ({ flags = [], input, code = 0, says = /^$/, values, keys }) => {
    const run = runBinary(['produce', 'zoo', '-d', home, ...flags], input)
    expect(run.stderr).toMatch(says)
    expect(run.code).toBe(code)
    expect(run.stdout.toString()).toBe('')
    const records = await readTopic(home, 'zoo')
    expect(records?.map(({ value }) => value)).toEqual(values)
    if (keys !== undefined) expect(records?.map(({ key }) => key)).toEqual(keys)
  })

  test.each(['none', 'gzip', 'gzip:9', 'snappy', 'lz4', 'zstd', 'zstd:1'])('every codec: %s', async (codec) => {
    const lines = Array.from({ length: 5000 }, (_, i) => `line ${i}`)
    const run = runBinary(['produce', 'zoo', '-d', home, '-z', codec], `${lines.join('\n')}\n`)
    expect(run.code).toBe(0)
    const records = await readTopic(home, 'zoo')
    expect(records?.map(({ value }) => value)).toEqual(lines)
    expect(records?.[0]?.codec).toBe(codec.replace(/:.*/, ''))
  })

  test('too large lines cut into pieces', async () => {
    runBinary(['produce', 'zoo', '-d', home, '--too-large', 'split'], `a\n${tooLong}\nb\n`)
    const records = (await readTopic(home, 'zoo')) ?? []
    expect(records.map(({ value }) => value).join('')).toBe(`a${tooLong}b`)
    expect(records.length).toBe(4)
  })

  test('headers', async () => {
    runBinary(['produce', 'zoo', '-d', home, '-H', 'a=1', '-H', 'b='], 'x\n')
    expect((await readTopic(home, 'zoo'))?.[0]?.headers).toEqual(['a=1', 'b='])
  })

  test('a timestamp for all', async () => {
    runBinary(['produce', 'zoo', '-d', home, '--timestamp', '2026-01-02T03:04:05Z'], 'x\ny\n')
    const expected = Date.parse('2026-01-02T03:04:05Z')
    expect((await readTopic(home, 'zoo'))?.map(({ timestamp }) => timestamp)).toEqual([expected, expected])
  })

  test('files, one after the other, compressed ones too', async () => {
    writeFileSync(path.join(home, 'plain'), 'a\nb')
    const run = runShell(
      'cd "$dir"; printf "c\\nd\\n" | gzip > packed.gz; $tslog produce -d "$dir/log" zoo plain packed.gz && echo e | $tslog produce -d "$dir/log" zoo -',
      home,
    )
    expect(run.code).toBe(0)
    expect((await readTopic(path.join(home, 'log'), 'zoo'))?.map(({ value }) => value)).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
    ])
  })

  test('keys to the partitions where Java clients put them', async () => {
    const run = runBinary(['produce', 'zoo', '-d', home, '-K:', '--partitions', '3'], 'foobar:1\n:2\nfoobar:3\n')
    expect(run.code).toBe(0)
    const records = await readTopic(home, 'zoo')
    const where = (value: string): number | undefined => records?.find((record) => record.value === value)?.partition
    // murmur2 of "foobar" and of "" as Kafka's own test has them.
    expect([where('1'), where('2'), where('3')]).toEqual([
      (-790332482 & 0x7fffffff) % 3,
      275646681 % 3,
      (-790332482 & 0x7fffffff) % 3,
    ])
  })
})

describe('produce says', () => {
  test('where everything went, as JSON', () => {
    const { stdout } = runBinary(['produce', 'zoo', '-d', home, '--json'], 'a\nbc\n')
    const summary: unknown = JSON.parse(stdout.toString())
    expect(summary).toMatchObject({
      topic: 'zoo',
      records: 2,
      bytes: 3,
      partitions: [{ partition: 0, firstOffset: 0, lastOffset: 1 }],
    })
  })

  test('what is missing when it may not make the topic', () => {
    runBinary(['produce', 'app-logs', '-d', home], 'a\n')
    const run = runBinary(['produce', 'app-log', '-d', home, '--no-create'], 'a\n')
    expect(run.code).toBe(3)
    expect(run.stderr).toMatch(/app-log.*\n.*did you mean app-logs/)
  })

  test('that a directory is not a log, and leaves it alone', () => {
    writeFileSync(path.join(home, 'letter.txt'), 'dear')
    const run = runBinary(['produce', 'zoo', '-d', home], 'a\n')
    expect(run.code).toBe(1)
    expect(run.stderr).toMatch(/is not a log directory/)
  })

  test.each([
    ['a directory as standard input', '$tslog produce zoo < /', 1, /is a directory/],
    ['a closed standard input', '$tslog produce zoo <&-', 1, /standard input is closed/],
    ['a missing file', '$tslog produce zoo nowhere.txt', 1, /nowhere\.txt.*no such file/],
    ['an unknown flag', '$tslog produce zoo --nope', 2, /--nope/],
    ['a bad codec', '$tslog produce zoo -z rar', 2, /rar.*\n.*tslog produce|-z/],
    ['a bad topic name', 'echo a | $tslog produce a/b', 2, /not a topic name/],
    ['a missing topic name', 'echo a | $tslog produce', 2, /TOPIC/],
    [
      'an unknown topic configuration',
      'echo a | $tslog produce zoo --config retention.mss=1',
      2,
      /retention\.mss.*\n.*retention\.ms/,
    ],
    ['a bad topic configuration', 'echo a | $tslog produce zoo --config retention.ms=soon', 2, /retention\.ms.*soon/],
  ])('what is wrong with %s', (_, script, code, says) => {
    const run = runShell(script, path.join(home, 'log'))
    expect(run.stderr).toMatch(says)
    expect(run.code).toBe(code)
  })
})

describe('produce copies what it reads to standard output', () => {
  test('byte for byte with -T', () => {
    const input = Buffer.from('a\n\nb\xff\r\nlast', 'latin1')
    expect(runBinary(['produce', 'zoo', '-d', home, '-T'], input).stdout).toEqual(input)
  })

  test('and goes on when its reader goes away', async () => {
    runShell('seq 1 200000 | $tslog produce zoo -T | head -1', home)
    expect((await readTopic(home, 'zoo'))?.length).toBe(200_000)
  })

  test('and stops at a signal although the reader takes nothing', async () => {
    const child = spawn(builtBinary(), ['produce', 'zoo', '-T', '-d', home], { stdio: ['pipe', 'pipe', 'ignore'] })
    child.stdin.on('error', () => undefined)
    child.stdin.write(Buffer.alloc(4 * 1024 * 1024, 'line\n'))
    await once(child.stdout, 'readable')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([143, null])
  })
})

describe('produce fails with the right code', () => {
  test.each([
    [
      'when the reader of stderr has gone',
      '{ printf "a:1\\nb\\n" | $tslog produce zoo -K: ; echo $? > "$dir.code"; } 2>&1 | true',
    ],
    ['when stderr is full', 'printf "a:1\\nb\\n" | $tslog produce zoo -K: 2> /dev/full; echo $? > "$dir.code"'],
  ])('also %s', (_, script) => {
    const log = path.join(home, 'log')
    runShell(script, log)
    expect(readFileSync(`${log}.code`, 'utf8')).toBe('1\n')
  })
})
