import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { BrokerLog, LogFacts } from '../../../src/broker/broker-log.ts'
import type { BrokerSettings } from '../../../src/broker/broker-settings.ts'
import { Maintenance } from '../../../src/cli/serve/maintenance.ts'
import { MaintenanceJob } from '../../../src/cli/serve/maintenance-job.ts'

let home: string
let told: { readonly event: string; readonly facts: LogFacts }[]
const tell = (event: string, facts: LogFacts = {}): void => void told.push({ event, facts })
const log: BrokerLog = { info: () => undefined, warn: tell, error: tell }

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tslog-maintenance-'))
  told = []
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

/** A job whose command does what the shell is told; each run leaves a line in `runs`. */
function jobOf(script: string, mode = 0o755): MaintenanceJob {
  const program = join(home, 'program')
  writeFileSync(program, `#!/bin/sh\necho "$@" >> '${home}/runs'\n${script}\n`)
  chmodSync(program, mode)
  return jobWith(program)
}

function jobWith(program: string): MaintenanceJob {
  return new MaintenanceJob({ command: 'retention', program, log, elapsedMs: () => performance.now() })
}

function ended(job: MaintenanceJob): Promise<string> {
  return new Promise((resolve) => job.run(['-d', 'x'], resolve))
}

const runs = (): string[] => readFileSync(join(home, 'runs'), 'utf8').split('\n').slice(0, -1)

test('a compaction that something was in the way of is tried again though nothing was appended, one that failed is not', async () => {
  const program = join(home, 'program')
  writeFileSync(
    program,
    `#!/bin/sh\necho run >> '${home}/runs'\ntest "$(wc -l < '${home}/runs')" -gt 2 && exit 1\nexit 75\n`,
  )
  chmodSync(program, 0o755)
  const served = { path: home, hasCompactedTopics: () => true, appended: () => 1n }
  const settings = { retentionCheckMs: 3_600_000, cleanerEnabled: true, cleanerBackoffMs: 100, cleanerMemoryBytes: 1 }
  const maintenance = new Maintenance(served, settings as BrokerSettings, {
    report: log,
    elapsedMs: () => performance.now(),
    program,
  })
  maintenance.start()
  await expect.poll(() => told.map(({ event }) => event)).toContain('compact failed')
  await sleep(250)
  await maintenance.stop()
  expect(runs()).toHaveLength(3)
  expect(told.map(({ event }) => event)).toEqual(['compact was hindered', 'compact was hindered', 'compact failed'])
})

describe('a command that a server runs beside it', () => {
  test('is counted by how it ends, and a failure is told with what it said, in one line', async () => {
    const job = jobOf('echo "no such thing" >&2; exit 5')
    expect(await ended(job)).toBe('failed')
    expect(told).toMatchObject([{ event: 'retention failed', facts: { code: 5, reason: 'no such thing' } }])
    expect(await ended(jobOf('exit 0'))).toBe('ok')
    expect([...job.runs]).toEqual([
      ['ok', 0],
      ['hindered', 0],
      ['failed', 1],
      ['killed', 0],
    ])
    expect(job.sinceLastMs).toBeGreaterThanOrEqual(0)
    expect(runs()[0]).toBe('retention -d x')
  })

  test.each([
    ['by a signal that nothing can be done about', 'kill -9 $$', 'SIGKILL'],
    ['and ends in order for it', 'exit 143', 'SIGTERM'],
  ])('is told as killed when it is, %s', async (_, script, signal) => {
    expect(await ended(jobOf(script))).toBe('killed')
    expect(told).toMatchObject([{ event: 'retention was killed', facts: { signal } }])
  })

  test.each([
    ['is not there', () => jobWith(join(home, 'nothing'))],
    ['may not be run', () => jobOf('exit 0', 0o644)],
    ['is a directory', () => jobWith(home)],
  ])('that cannot be run, since its binary %s, is told so and tried again', async (_, make) => {
    const job = make()
    expect(await ended(job)).toBe('failed')
    expect(told).toMatchObject([{ event: 'retention cannot be run' }])
    expect(job.isRunning).toBe(false)
    expect(await ended(job)).toBe('failed')
    expect(job.runs.get('failed')).toBe(2)
  })

  test('is not begun a second time while it runs', async () => {
    const job = jobOf('sleep 0.2')
    const first = ended(job)
    job.run([])
    await sleep(50)
    job.run([])
    await first
    expect(runs()).toHaveLength(1)
    expect(job.lastTookMs).toBeGreaterThan(150)
  })

  test('is waited for when the server stops, told nothing of, and not begun any more', async () => {
    const job = jobOf(`trap 'sleep 0.1; echo done >> "${home}/runs"; exit 143' TERM; while :; do sleep 0.05; done`)
    job.run([])
    await expect.poll(() => readFileSync(join(home, 'runs'), 'utf8')).not.toBe('')
    await job.stop()
    expect(runs().at(-1)).toBe('done')
    expect(told).toEqual([])
    job.run([])
    expect(job.isRunning).toBe(false)
  })

  test('that does not stop when it is asked to is killed', async () => {
    const job = jobOf(`trap '' TERM; echo ready >> "${home}/runs"; while :; do sleep 0.05; done`)
    job.run([])
    await expect.poll(() => readFileSync(join(home, 'runs'), 'utf8')).toContain('ready')
    await job.stop(100)
    expect(job.isRunning).toBe(false)
  })
})
