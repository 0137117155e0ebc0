import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
/** What max.message.bytes leaves of 1,048,588 bytes when the header of the batch (61) and of the record (11) are off. */
const longest = 'x'.repeat(1_048_516)

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
  { name: 'the longest line that max.message.bytes lets in', input: `${longest}\n`, values: [longest] },
  {
    name: 'a line one byte over max.message.bytes',
    input: `a\n${longest}x\nb\n`,
    code: 1,
    says: /went in before this\ntslog: line 2 has 1048517 bytes, max\.message\.bytes leaves room for 1048516\n/,
    values: ['a'],
  },
  {
    name: 'a record with a key over max.message.bytes',
    flags: ['-K:'],
    input: `k:a\nk:${tooLong}\n`,
    code: 1,
    says: /\ntslog: line 2 has 1048600 bytes, max\.message\.bytes leaves room for 1048515\n/,
    values: ['a'],
  },
  {
    name: 'a line over segment.bytes',
    flags: ['--config', 'segment.bytes=1000', '--config', 'max.message.bytes=2000'],
    input: `a\n${'x'.repeat(931)}\n`,
    code: 1,
    says: /\ntslog: line 2 has 931 bytes, segment\.bytes leaves room for 930\n.*or raise segment\.bytes\n/,
    values: ['a'],
  },
  {
    name: 'too large lines left out',
    flags: ['--too-large', 'skip'],
    input: `a\n${tooLong}\nb\n${tooLong}\n`,
    says: /^tslog: left out 2 records over max\.message\.bytes: line 2 \(1048600 bytes\) and others\n$/,
    values: ['a', 'b'],
  },
  {
    name: 'too large records with keys left out',
    flags: ['--too-large', 'skip', '-K:'],
    input: `k:a\nk:${tooLong}\nk:b\n`,
    says: /^tslog: left out 1 record over max\.message\.bytes: line 2 \(1048600 bytes\)\n$/,
    values: ['a', 'b'],
  },
  {
    name: 'a file that is too large as one record',
    flags: ['--whole'],
    input: `${longest}x`,
    code: 1,
    says: /^tslog: standard input has 1048517 bytes, max\.message\.bytes leaves room/,
    values: undefined,
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

interface Stream {
  readonly name: string
  /** Run by bash, with `$tslog` and the directory of the log in `$dir`. */
  readonly script: string
  readonly code?: number
  readonly stdout?: string
  readonly says?: RegExp
  readonly values: readonly (string | null)[] | undefined
}

/** What is not told by the bytes alone but by how they come. */
const streams: readonly Stream[] = [
  { name: '/dev/null', script: '$tslog produce zoo < /dev/null', values: undefined },
  {
    name: 'a closed standard input',
    script: '$tslog produce zoo <&-',
    code: 1,
    says: /^tslog: standard input is closed\n/,
    values: undefined,
  },
  {
    name: 'a directory',
    script: '$tslog produce zoo < /',
    code: 1,
    says: /^tslog: cannot read standard input: is a directory \(EISDIR\)\n$/,
    values: undefined,
  },
  {
    name: 'a writer of single bytes',
    script: `for c in a b '\\n' c '\\n'; do printf "$c"; sleep 0.03; done | $tslog produce zoo`,
    values: ['ab', 'c'],
  },
  {
    // It goes on when somebody has read its first line; one that is held until the end never comes.
    name: 'a writer that stalls',
    script:
      '{ echo a; until $tslog consume zoo 2> /dev/null | grep -q a; do sleep 0.05; done; sleep 0.3; echo b; } | timeout 20 $tslog produce zoo',
    values: ['a', 'b'],
  },
  {
    name: 'a line of 1 GiB',
    script: 'head -c 1G /dev/zero | $tslog produce zoo',
    code: 1,
    says: /^tslog: line 1 has at least 1\d{6} bytes, max\.message\.bytes leaves room for 1048516\n/,
    values: undefined,
  },
  {
    name: 'a line of 1 GiB that is to be left out',
    script: '{ echo a; head -c 1G /dev/zero; echo; echo b; } | $tslog produce zoo --too-large skip',
    says: /^tslog: left out 1 record over max\.message\.bytes: line 2 \(1073741824 bytes\)\n$/,
    values: ['a', 'b'],
  },
  {
    name: 'a bad line of a second file',
    script: 'cd "$dir.files"; $tslog produce zoo -K: good bad',
    code: 1,
    says: /^tslog: 2 records went in before this\ntslog: bad: line 1 has no key/,
    values: ['1', '2'],
  },
  {
    name: 'a tee without an output',
    script: 'echo a | $tslog produce zoo -T >&-',
    code: 1,
    says: /^tslog: standard output is closed\n/,
    values: undefined,
  },
  {
    name: 'a summary without an output',
    script: 'echo a | $tslog produce zoo --json >&-',
    code: 1,
    says: /"message":"standard output is closed"/,
    values: undefined,
  },
  {
    name: 'a tee to a full device',
    script: 'echo a | $tslog produce zoo -T > /dev/full',
    code: 1,
    says: /^tslog: cannot write to standard output: no space left on the device \(ENOSPC\)\n$/,
    values: undefined,
  },
]

test.each(streams)('produce reads $name', async ({ script, code = 0, stdout = '', says = /^$/, values }) => {
  const log = path.join(home, 'log')
  mkdirSync(`${log}.files`)
  writeFileSync(path.join(`${log}.files`, 'good'), 'k:1\nk:2\n')
  writeFileSync(path.join(`${log}.files`, 'bad'), 'nothing\n')
  const run = runShell(script, log)
  expect(run.stderr).toMatch(says)
  expect({ code: run.code, stdout: run.stdout.toString() }).toEqual({ code, stdout })
  expect((await readTopic(log, 'zoo'))?.map(({ value }) => value)).toEqual(values)
})

describe('produce says', () => {
  test.each([
    [[], 'a\nbc\n', 2, 3],
    [[], 'a\nbc', 2, 3],
    [['-k', 'key'], 'a\nbc', 2, 9],
    [['--too-large', 'skip'], `a\n${tooLong}\nbc\n`, 2, 3],
    [['--too-large', 'split'], `a\n${tooLong}\nbc`, 4, 1_048_603],
    [['-K:'], 'k:a\nk:bc', 2, 5],
    [['-D', '||'], 'a||bc', 2, 3],
    [['--whole'], 'a\nbc', 1, 4],
  ])('where everything went, as JSON (%j)', (flags, input, records, bytes) => {
    const { stdout } = runBinary(['produce', 'zoo', '-d', home, '--json', ...flags], input)
    expect(JSON.parse(stdout.toString())).toEqual({
      topic: 'zoo',
      records,
      bytes,
      partitions: [{ partition: 0, firstOffset: 0, lastOffset: records - 1 }],
      elapsedMs: expect.any(Number) as number,
    })
  })

  test('as JSON also what went in before a bad line: one document on each stream', () => {
    const { code, stdout, stderr } = runBinary(['produce', 'zoo', '-d', home, '--json', '-K:'], 'k:a\nk:b\nnothing\n')
    expect(code).toBe(1)
    expect(JSON.parse(stdout.toString())).toMatchObject({ records: 2, partitions: [{ firstOffset: 0, lastOffset: 1 }] })
    expect(JSON.parse(stderr)).toMatchObject({ error: { name: 'InputLineError', exitCode: 1 } })
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
