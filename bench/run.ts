// npm run bench: tslog and its rivals in turn, on the same machine, in the same minutes.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compare } from './compare.ts'
import { inputFile } from './input.ts'
import { describe, describeMachine, describeRows, judge } from './report.ts'
import type { Machine, Outcome } from './report.ts'
import type { Bench, Row } from './row.ts'
import { appenderRows } from './rows/appenders.ts'
import { compactionRows } from './rows/compaction.ts'
import { compressionRows } from './rows/compression.ts'
import { consumeRows } from './rows/consume.ts'
import { ingestRows } from './rows/ingest.ts'
import { kafkaLatencyRows } from './rows/kafka-latency.ts'
import { kafkaPresenceRows } from './rows/kafka-presence.ts'
import { kafkaSpeedRows } from './rows/kafka-speed.ts'
import { lookupRows } from './rows/lookup.ts'
import { manyClientsRows } from './rows/many-clients.ts'
import { memoryRows } from './rows/memory.ts'
import { recoveryRows } from './rows/recovery.ts'
import { replicateRows } from './rows/replicate.ts'
import { retentionRows } from './rows/retention.ts'
import { serveRows } from './rows/serve.ts'
import { startupRows } from './rows/startup.ts'
import { topicsListRows } from './rows/topics-list.ts'
import { verifyRows } from './rows/verify.ts'

const rows: readonly Row[] = [
  ...startupRows,
  ...ingestRows,
  ...compressionRows,
  ...consumeRows,
  ...lookupRows,
  ...topicsListRows,
  ...retentionRows,
  ...appenderRows,
  ...serveRows,
  ...kafkaPresenceRows,
  ...kafkaSpeedRows,
  ...kafkaLatencyRows,
  ...manyClientsRows,
  ...memoryRows,
  ...recoveryRows,
  ...verifyRows,
  ...compactionRows,
  ...replicateRows,
]

const usage = `npm run bench -- [--row NAME]... [--pairs N] [--patient] [--size BYTES] [--data DIR] [--tslog PATH] [--json FILE] [--list]

  --row NAME     only rows whose name begins with NAME; may be repeated
  --pairs N      how often both sides run (7)
  --patient      wait for a calm machine before each run, and run up to N more pairs for those that others disturbed
  --size BYTES   of each input file (1000000000); 10000000 is a smoke run
  --data DIR     where inputs and logs are written (bench/data)
  --tslog PATH   the binary (dist/tslog)
  --json FILE    also write the figures there
  --list         name the rows and end
`

async function main(): Promise<void> {
  const options = parsed(process.argv.slice(2))
  if (options.help) return print(usage)
  if (options.list) return print(`${describeRows(rows)}\n`)
  const chosen = rows.filter(({ name }) => options.row.length === 0 || options.row.some((row) => name.startsWith(row)))
  if (chosen.length === 0) throw new TypeError(`no row begins with ${options.row.join(' or ')}: try --list`)
  if (!existsSync(options.tslog)) throw new TypeError(`${options.tslog} is missing: npm run build makes it`)
  const machine = machineOf(options)
  print(`${describeMachine(machine)}\n`)
  const outcomes: Outcome[] = []
  for (const row of chosen) {
    const outcome = await run(row, options)
    outcomes.push(outcome)
    print(`${describe(outcome)}\n`)
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ machine, outcomes }, null, 2)}\n`)
  if (outcomes.some(({ kind }) => kind === 'failed')) process.exitCode = 1
}

interface Options {
  readonly row: readonly string[]
  readonly pairs: number
  readonly patient: boolean
  readonly size: number
  readonly data: string
  readonly tslog: string
  readonly json: string | undefined
  readonly list: boolean
  readonly help: boolean
}

function parsed(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      row: { type: 'string', multiple: true, default: [] },
      pairs: { type: 'string', default: '7' },
      patient: { type: 'boolean', default: false },
      size: { type: 'string', default: '1000000000' },
      data: { type: 'string', default: fileURLToPath(new URL('./data', import.meta.url)) },
      tslog: { type: 'string', default: fileURLToPath(new URL('../dist/tslog', import.meta.url)) },
      json: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  })
  const { pairs, size, data, tslog, json } = values
  return {
    ...values,
    pairs: positive('--pairs', pairs),
    size: positive('--size', size),
    data: resolve(data),
    tslog: resolve(tslog),
    json: json === undefined ? undefined : resolve(json),
  }
}

function positive(flag: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new TypeError(`${flag} takes a positive number, not ${text}`)
  return value
}

/** A row that cannot run says why and the next one goes on; its directory is removed either way. */
async function run(row: Row, options: Options): Promise<Outcome> {
  const bench = benchFor(row, options)
  try {
    return await outcomeOf(row, bench, options)
  } catch (error) {
    return { row: row.name, kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
  } finally {
    rmSync(bench.work, { recursive: true, force: true })
  }
}

async function outcomeOf(row: Row, bench: Bench, { pairs, patient: isPatient }: Options): Promise<Outcome> {
  const { name, limit, goal } = row
  const started = await row.start(bench)
  switch (started.kind) {
    case 'skipped':
      return { row: name, kind: 'skipped', reason: started.reason }
    case 'reading': {
      const { amount, note } = await started.read()
      return { row: name, limit, goal, kind: 'read', label: started.label, amount, note, ...judge(goal, amount) }
    }
    case 'duel':
      try {
        const comparison = compare(started, goal, { pairs, isPatient, surroundings: bench.surroundings })
        return { row: name, limit, goal, kind: 'compared', comparison, ...judge(goal, comparison.figure.median) }
      } finally {
        started.end?.()
      }
  }
}

function benchFor(row: Row, options: Options): Bench {
  const work = join(options.data, `work-${row.name}`)
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  const env = { PATH: process.env['PATH'] ?? '', HOME: work, TSLOG_DIR: join(work, 'log'), LC_ALL: 'C' }
  return {
    tslog: options.tslog,
    node: process.execPath,
    size: options.size,
    data: options.data,
    work,
    surroundings: { cwd: work, env },
    input: async (kind) => inputFile(options.data, kind, options.size),
  }
}

function machineOf(options: Options): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    kernel: release(),
    node: process.version,
    tslog: execFileSync(options.tslog, ['--version'], { encoding: 'utf8' }).trim(),
    inputBytes: options.size,
  }
}

function print(text: string): void {
  process.stdout.write(text)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof TypeError ? 2 : 1
}
