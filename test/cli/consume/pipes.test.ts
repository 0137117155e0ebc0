import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { builtBinary } from '../../support/built-binary.ts'
import { runShell } from '../../support/run-binary.ts'
import { ScratchLog } from '../scratch-log.ts'
import { batchOf, committed } from './reading.ts'

const lineCount = 60_000

/** Numbered lines of 98 bytes: more than any pipe holds. */
function manyLines(first = 0): string[] {
  return Array.from({ length: lineCount }, (_, i) => `${first + i} `.padEnd(98, 'x'))
}

async function bigLog(): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t')
  const values = manyLines().map((value) => ({ value }))
  const batches: Uint8Array[] = []
  for (let at = 0; at < values.length; at += 1000) batches.push(batchOf(values.slice(at, at + 1000)))
  await log.appendBytes('t', 0, ...batches)
  return log
}

function start(log: ScratchLog, words: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
  const { PATH, HOME } = process.env
  return spawn(builtBinary(), [...words, '-d', log.directory], {
    env: { PATH, HOME },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Everything that comes out of a stream until its end. */
async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Buffer))
  return Buffer.concat(chunks).toString()
}

describe('consume into a pipe', () => {
  test('is the identity on what produce read', () => {
    const log = new ScratchLog()
    const run = runShell(
      'seq 100000 > "$dir.txt"; for z in none gzip snappy lz4 zstd; do $tslog produce t -z $z < "$dir.txt" || exit; $tslog consume t -n 100000 | cmp - "$dir.txt" || exit; done; $tslog consume t | wc -l',
      log.directory,
    )
    expect(run.stderr).toBe('')
    expect(run.stdout.toString().trim()).toBe('500000')
  })

  test.each(['consume t --follow', 'tail t'])('%s sees that its reader has gone while nothing comes', async (words) => {
    const log = await bigLog()
    const run = runShell(
      `timeout 20 $tslog ${words} -n 2 | head -n 1 | cut -c 1-6; echo "\${PIPESTATUS[0]}"`,
      log.directory,
    )
    expect(run).toMatchObject({ stderr: '' })
    expect(run.stdout.toString()).toBe('59998 \n0\n')
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)(
    '%s while the reader sleeps ends at a record’s border, and commits what was written',
    async (signal, code) => {
      const log = await bigLog()
      const child = start(log, ['consume', 't', '-g', 'g'])
      const exited = once(child, 'exit')
      await once(child.stdout, 'readable')
      child.kill(signal)
      const text = await textOf(child.stdout)
      expect(await exited).toEqual([code, null])
      const whole = text.split('\n')
      expect(whole.pop()).toBe('')
      expect(whole).toEqual(manyLines().slice(0, whole.length))
      expect(whole.length).toBeLessThan(lineCount)
      expect(await committed(log, 'g')).toBe(BigInt(whole.length))
    },
  )

  test('--timeout ends while the reader takes nothing, and goes on to a record’s border while it takes a little', async () => {
    const log = await bigLog()
    const stuck = runShell(
      'mkfifo "$dir.fifo"; exec 3<>"$dir.fifo"; $tslog consume t -c 50000 --timeout 200ms > "$dir.fifo"; echo "code $?" >&2',
      log.directory,
    )
    expect(stuck.stderr).toMatch(/takes nothing: the rest is not printed\ncode 124\n$/)
    const child = start(log, ['consume', 't', '--timeout', '200ms'])
    const exited = once(child, 'exit')
    await once(child.stdout, 'readable')
    await new Promise((resolve) => void setTimeout(resolve, 500))
    const whole = (await textOf(child.stdout)).split('\n')
    expect(await exited).toEqual([124, null])
    expect(whole.pop()).toBe('')
    expect(whole).toEqual(manyLines().slice(0, whole.length))
  })

  test('a signal ends following at once', async () => {
    const log = await bigLog()
    const child = start(log, ['tail', 't', '-n', '1'])
    const exited = once(child, 'exit')
    await once(child.stdout, 'readable')
    const text = textOf(child.stdout)
    child.kill('SIGTERM')
    expect(await exited).toEqual([143, null])
    expect(await text).toBe(`${manyLines().at(-1)}\n`)
  })

  test('a follower sees each record that another process writes', async () => {
    const log = new ScratchLog()
    await log.createTopic('t')
    const child = start(log, ['consume', 't', '--follow', '-f', '%s\n'])
    for (let i = 0; i < 10; i++) {
      const seen = once(child.stdout, 'data')
      await log.appendBytes('t', 0, batchOf([{ value: `${i}` }]))
      expect(String((await seen)[0])).toBe(`${i}\n`)
    }
    child.kill()
  })

  test('-g with --follow into a pipe needs --commit', async () => {
    const log = await bigLog()
    const run = runShell('$tslog consume t -g g --follow | cat; exit "${PIPESTATUS[0]}"', log.directory)
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('--commit every:5s') })
    expect(runShell('timeout -s INT 3 $tslog consume t -g g --follow > "$dir.out"', log.directory).code).toBe(124)
    expect(await committed(log, 'g')).toBe(BigInt(lineCount))
  })
})
