import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { BinaryRunner } from '../../support/binary-runner.ts'
import { builtBinary } from '../../support/built-binary.ts'
import { skippedFor } from '../../support/require-tool.ts'
import { runShell } from '../../support/run-binary.ts'
import { confinementMissing, MemoryLimit } from './confined.ts'

/** 1: logs as large as the promises speak of, 4 GB and 10 GB; by default an eighth of that. */
const share = process.env['TSLOG_FULL_SIZE'] === '1' ? 1 : 1 / 8
const megabyte = 1_000_000
vi.setConfig({ testTimeout: share === 1 ? 900_000 : 180_000 })

/** A directory on the machine's disk: what is written there is dropped from the page cache. */
function home(): string {
  return mkdtempSync(join(tmpdir(), 'tslog-big-'))
}

/** Lines of 100 bytes with one of a million keys before a colon, `count` megabytes of them. */
function keyed(count: number): string {
  const million = `awk 'BEGIN { for (n = 0; n < 1000000; n++) printf "user-%08d:%0*d\\n", (n * 7919) % 1000000, 85, n }'`
  return `{ ${million} > "$dir.lines"; for n in {1..${Math.ceil(count / 100)}}; do cat "$dir.lines"; done; rm "$dir.lines"; }`
}

const missing = skippedFor(confinementMissing())

describe.skipIf(missing)('a machine with 256 MB', () => {
  const path = home()
  const log = new BinaryRunner(join(path, 'log'))
  afterAll(() => rmSync(path, { recursive: true, force: true }))

  test('takes a log of many times that: read, verify, retention, repair and compact end, and stay small', async () => {
    log.done(['topics', 'create', 't', '-c', 'cleanup.policy=compact', '-c', 'segment.bytes=100000000'])
    const made = runShell(`${keyed(4000 * share)} | $tslog produce t -K : --fsync never; sync -f "$dir"`, log.directory)
    expect(made).toMatchObject({ code: 0 })
    const limit = new MemoryLimit(256 * 1024 * 1024)
    onTestFinished(() => limit.remove())
    const commands = [
      ['consume', 't'],
      ['serve', '--listen', '127.0.0.1:0', '--exec', `"${builtBinary()}" consume t -b "$TSLOG_BROKERS"`],
      ['verify'],
      ['retention', '--dry-run'],
      ['repair', '--dry-run'],
      ['compact', 't', '--memory', '64M'],
      ['verify'],
    ]
    for (const words of commands) {
      const run = await limit.run([...words, '-d', log.directory])
      process.stderr.write(
        `${words.slice(0, 2).join(' ')}: ${run.seconds.toFixed(1)} s, VmHWM ${run.peakMegabytes.toFixed(0)} MB, RssAnon ${run.peakAnonymousMegabytes.toFixed(0)} MB\n`,
      )
      expect(run.code, `${words.join(' ')}: ${run.stderr}`).toBe(0)
      expect(run.peakMegabytes, words.join(' ')).toBeLessThan(200)
    }
  })
})

/** A writer that was killed in the midst of a thousand segments, and the power that went then: nothing tells of its boot. */
async function crashed(log: BinaryRunner, flags: string): Promise<void> {
  const script = `{ ${keyed(10_000 * share)}; touch "$dir.written"; exec sleep 600; } | exec "$tslog" produce t ${flags}`
  const environment = { PATH: process.env['PATH'], tslog: builtBinary(), dir: log.directory, TSLOG_DIR: log.directory }
  const writer = spawn('bash', ['-c', script], { env: environment, detached: true, stdio: 'ignore' })
  const ended = once(writer, 'exit')
  const isWritten = (): boolean => readdirSync(join(log.directory, '..')).includes('log.written')
  while (!isWritten()) await sleep(50)
  // Until the last lines are in the log.
  await sleep(1000)
  process.kill(-(writer.pid ?? 0), 'SIGKILL')
  await ended
  for (const name of readdirSync(log.path('t-0'))) if (name.endsWith('.lock')) rmSync(log.path('t-0', name))
}

describe('a log of a thousand segments after a power cut', () => {
  test.each([
    ['was synced as it grew', ''],
    ['was left to the system', '--fsync never'],
  ])('that %s opens at the speed of reading what may be torn', async (_how, flags) => {
    const path = home()
    const log = new BinaryRunner(join(path, 'log'))
    onTestFinished(() => rmSync(path, { recursive: true, force: true }))
    log.done(['topics', 'create', 't', '-c', `segment.bytes=${10 * megabyte}`])
    await crashed(log, flags)
    const logs = readdirSync(log.path('t-0')).filter((name) => name.endsWith('.log'))
    const bytes = logs.reduce((sum, name) => sum + statSync(log.path('t-0', name)).size, 0)
    // What is synced is not looked at; of the rest nobody knows.
    const toScan = flags === '' ? 2 * 10 * megabyte : bytes
    const startedMs = performance.now()
    expect(log.produce('t', ['after'], '--fsync', 'never').code).toBe(0)
    const seconds = (performance.now() - startedMs) / 1000
    process.stderr.write(
      `${logs.length} segments, ${(bytes / 1e9).toFixed(1)} GB ${flags}: open in ${seconds.toFixed(2)} s\n`,
    )
    expect(logs.length).toBeGreaterThan(900 * share)
    expect(seconds).toBeLessThan(5 + toScan / (300 * megabyte))
    expect(log.done(['tail', 't', '-n', '1', '--no-follow']).split('\n')).toEqual(['after', ''])
  })
})
