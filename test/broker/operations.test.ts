import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { outcome } from '../support/binary-runner.ts'
import { builtBinary } from '../support/built-binary.ts'
import { faultsOfMetrics } from '../support/prometheus-text.ts'
import { type BinaryRun, runBinary, shellEnvironment } from '../support/run-binary.ts'
import { clientBatch, fetch as fetchRecords, makeTopic, produce, sequenced } from './requests.ts'
import { ServeScene } from './serve-scene.ts'

let home: string
const scenes: ServeScene[] = []

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tslog-operations-'))
})

afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.remove()
  rmSync(home, { recursive: true, force: true })
})

async function serve(...flags: string[]): Promise<ServeScene> {
  const scene = await ServeScene.start(flags)
  scenes.push(scene)
  return scene
}

describe('--ephemeral --exec', () => {
  const run = (command: string): Promise<BinaryRun> => {
    const env = { ...shellEnvironment(), TMPDIR: home }
    return outcome(spawn(builtBinary(), ['serve', '--ephemeral', '--exec', command], { env }))
  }

  test('is a broker for one command, whose output and exit code it has, and is gone afterwards', async () => {
    const { code, stdout } = await run('seq 3 | $tslog produce t -q && $tslog consume t && exit 7')
    expect([code, stdout.toString()]).toEqual([7, '1\n2\n3\n'])
    expect(readdirSync(home)).toEqual([])
  })

  test('ends with the code of a command that a signal ended', async () => {
    expect((await run('kill -KILL $$')).code).toBe(137)
  })

  test('passes SIGTERM on', async () => {
    const { PATH } = process.env
    const child = spawn(builtBinary(), ['serve', '--ephemeral', '--exec', 'echo up; exec sleep 60'], {
      env: { PATH, TMPDIR: home },
    })
    child.stdout.once('data', () => child.kill('SIGTERM'))
    expect((await outcome(child)).code).toBe(143)
    expect(readdirSync(home)).toEqual([])
  })
})

test('a service manager that waits for it is told when it serves, reads its settings again, and stops', async () => {
  const told = join(home, 'told')
  // Its tool writes down what it is given; the state comes last.
  writeFileSync(join(home, 'systemd-notify'), `#!/bin/sh\nfor state; do :; done; echo "$state" >> '${told}'\n`, {
    mode: 0o755,
  })
  const env = { ...process.env, PATH: `${home}:${process.env['PATH']}`, NOTIFY_SOCKET: join(home, 'socket') }
  const words = ['serve', '-d', join(home, 'log'), '--listen', '127.0.0.1:0']
  const child = spawn(builtBinary(), words, { env, stdio: 'ignore' })
  const states = (): string[] => (existsSync(told) ? readFileSync(told, 'utf8').trim().split('\n') : [])
  await expect.poll(states).toEqual(['READY=1'])
  child.kill('SIGHUP')
  await expect.poll(() => states().toSorted()).toEqual(['READY=1', 'READY=1', 'RELOADING=1'])
  child.kill('SIGTERM')
  expect((await outcome(child)).code).toBe(143)
  await expect.poll(() => states().at(-1)).toBe('STOPPING=1')
})

describe('a configuration file', () => {
  const file = (...lines: string[]): string => {
    const path = join(home, 'server.properties')
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
    return path
  }

  test('says what flags and --override do not, and names what has no meaning here', async () => {
    const path = file('num.partitions=5', 'auto.create.topics.enable=false', 'num.io.threads=8')
    const scene = await serve('--config-file', path, '--override', 'auto.create.topics.enable=true')
    await expect.poll(() => scene.log).toContain('settings without meaning here names=num.io.threads')
  })

  test('is read again at SIGHUP; one that is wrong changes nothing', async () => {
    const path = file('message.max.bytes=100000')
    const scene = await serve('--config-file', path)
    const big = `${'x'.repeat(50_000)}\n`
    expect(runBinary(['produce', 't', '-b', scene.address], big).code).toBe(0)
    file('message.max.bytes=1000')
    process.kill(scene.pid, 'SIGHUP')
    await expect.poll(() => scene.log).toContain('settings read again')
    expect(runBinary(['produce', 't', '-b', scene.address, '--batch-size', '60000'], big).code).not.toBe(0)
    file('message.max.bytes=nonsense')
    process.kill(scene.pid, 'SIGHUP')
    await expect.poll(() => scene.log).toContain('settings left as they were')
    expect(runBinary(['produce', 't', '-b', scene.address], 'small\n').code).toBe(0)
  })

  test.each([
    [['--override', 'num.partition=3'], 'unknown setting "num.partition"'],
    [['--override', 'ssl.key.password=x'], 'ssl.key.password is a secret, and everybody sees a command line'],
    [['--override', 'nothing'], "--override: 'nothing' is not KEY=VALUE"],
    [
      ['--config-file', '/nowhere/at/all'],
      '--config-file: /nowhere/at/all cannot be read: no such file or directory (ENOENT)',
    ],
  ])('%j is refused before anything is made', (flags, message) => {
    const directory = join(home, 'log')
    const { code, stderr } = runBinary(['serve', '-d', directory, ...flags])
    expect(stderr).toContain(message)
    expect([2, 3]).toContain(code)
    expect(existsSync(directory)).toBe(false)
  })
})

test('SIGUSR1 shows what clients have moved, and ends nothing', async () => {
  const scene = await serve()
  expect(runBinary(['produce', 't', '-b', scene.address], 'one\ntwo\n').code).toBe(0)
  process.kill(scene.pid, 'SIGUSR1')
  await expect.poll(() => scene.log).toMatch(/INFO status connections=\d+ recordsIn=2 bytesIn=[1-9]/)
  expect(runBinary(['consume', 't', '-b', scene.address]).stdout.toString()).toBe('one\ntwo\n')
})

describe('maintenance', () => {
  test('is done beside a server, by commands and by itself, while clients append and read', async () => {
    const scene = await serve('--override', 'log.retention.check.interval.ms=300')
    const words = [
      '--config',
      'segment.bytes=5000',
      '--config',
      'retention.bytes=20000',
      '--config',
      'file.delete.delay.ms=0',
    ]
    const lines = Array.from({ length: 20_000 }, (_, n) => `${n}\n`).join('')
    expect(runBinary(['produce', 't', '-b', scene.address, ...words], lines).code).toBe(0)
    const start = (): number =>
      Number(runBinary(['offsets', 't', '-b', scene.address]).stdout.toString().trim().split('\t')[2])
    await expect.poll(start, { timeout: 20_000 }).toBeGreaterThan(15_000)
    const { code, stderr } = runBinary(['retention', '-d', scene.directory])
    expect([code, stderr]).toEqual([0, ''])
    expect(runBinary(['produce', 't', '-b', scene.address], 'last\n').code).toBe(0)
    expect(runBinary(['consume', 't', '-o', '-1', '-d', scene.directory]).stdout.toString()).toBe('last\n')
    expect(runBinary(['verify', '-d', scene.directory]).code).toBe(0)
    expect(scene.log).not.toContain('ERROR')
  })

  test('that is killed or fails is told and counted, and serves no worse', async () => {
    const interval = ['--override', 'log.retention.check.interval.ms=200']
    const scene = await serve('--metrics-listen', '127.0.0.1:0', ...interval)
    const address = /metrics address=(\S+)/.exec(scene.log)?.[1]
    const runs = async (result: string): Promise<number> => {
      const text = await (await fetch(`http://${address}/metrics`)).text()
      return Number(new RegExp(`runs_total\\{command="retention",result="${result}"\\} (\\d+)`).exec(text)?.[1])
    }
    await expect.poll(() => runs('ok'), { timeout: 10_000 }).toBeGreaterThan(0)
    const catalog = join(scene.directory, 'tslog-topics.json')
    const whole = readFileSync(catalog)
    writeFileSync(catalog, '{')
    await expect.poll(() => runs('failed'), { timeout: 10_000 }).toBeGreaterThan(0)
    writeFileSync(catalog, whole)
    const before = await runs('ok')
    await expect.poll(() => runs('ok'), { timeout: 10_000 }).toBeGreaterThan(before)
    expect(scene.log).toMatch(
      /ERROR retention failed code=\d+ reason=".+" hint="run tslog retention by hand to see more"/,
    )
    expect(runBinary(['produce', 't', '-b', scene.address], 'last\n').code).toBe(0)
    expect(await scene.stop('SIGTERM')).toBe(143)
    expect(scene.log).toContain('stopped isMarkedClean=true')
  })
})

describe('--metrics-listen', () => {
  test('tells what was done, in the format and under the names that Prometheus users know', async () => {
    const scene = await serve('--metrics-listen', '127.0.0.1:0')
    await expect.poll(() => scene.log).toContain('metrics')
    const address = /metrics address=(\S+)/.exec(scene.log)?.[1]
    expect(runBinary(['produce', 't', '-b', scene.address], 'a\nb\nc\n').code).toBe(0)
    expect(runBinary(['consume', 't', '-g', 'readers', '-c', '2', '-b', scene.address]).code).toBe(0)
    const client = await scene.connect()
    const topicId = await makeTopic(client, 'by-id')
    const sequence = sequenced(clientBatch(['x']), 0, 7n)
    for (let i = 0; i < 2; i++) expect((await produce(client, 'by-id', sequence)).errorCode).toBe(0)
    expect((await produce(client, 'by-id', null)).errorCode).toBe(ErrorCode.INVALID_RECORD)
    expect((await produce(client, 'nowhere', sequence)).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    await fetchRecords(client, [{ topic: '', topicId, from: 0n }], { version: 13 })
    const page = await fetch(`http://${address}/metrics`)
    expect(page.headers.get('content-type')).toContain('text/plain; version=0.0.4')
    const text = await page.text()
    expect(text).toContain('kafka_server_brokertopicmetrics_messagesin_total{topic="t"} 3\n')
    expect(text).toContain('kafka_log_log_logendoffset{topic="t",partition="0"} 3\n')
    // A retry is no record, a name that is none no topic, and a topic has its name whichever way it was asked for.
    expect(text).toContain('kafka_server_brokertopicmetrics_messagesin_total{topic="by-id"} 1\n')
    expect(text).toContain('kafka_server_brokertopicmetrics_failedproducerequests_total{topic="by-id"} 1\n')
    expect(text).toMatch(/kafka_server_brokertopicmetrics_bytesout_total\{topic="by-id"\} [1-9]/)
    expect(text).not.toMatch(new RegExp(`topic="(nowhere|${topicId})"`))
    expect(text).toMatch(/kafka_network_requestmetrics_requests_total\{request="Produce",error="0"\} 5\n/)
    expect(text).toContain('kafka_consumergroup_lag{consumergroup="readers",topic="t",partition="0"} 1\n')
    expect(text).toContain('kafka_consumergroup_members{consumergroup="readers"} 0\n')
    expect(text).toMatch(/process_resident_memory_bytes \d+\n/)
    expect(text).toContain('kafka_network_requestmetrics_totaltimems_count{request="Produce"} 5\n')
    expect(text).toContain('tslog_partitions_refusing_appends{reason="full"} 0\n')
    const board = readFileSync(new URL('../../contrib/grafana-dashboard.json', import.meta.url), 'utf8')
    const shown = new Set(board.match(/\b(?:kafka|tslog|process|nodejs)_[a-z0-9_]+/g))
    expect(shown.size).toBeGreaterThan(10)
    expect([...shown].filter((name) => !text.includes(`# TYPE ${name.replace(/_bucket$/, '')} `))).toEqual([])
    // Every other Kafka is watched under this name.
    const known = 'kafka_server_socketservermetrics_connection_count ends as a histogram'
    expect(faultsOfMetrics(text)).toEqual([known])
    expect([
      (await fetch(`http://${address}/healthz`)).status,
      (await fetch(`http://${address}/readyz`)).status,
    ]).toEqual([200, 200])
    expect((await fetch(`http://${address}/else`)).status).toBe(404)
    expect((await fetch(`http://${address}/metrics`, { method: 'POST' })).status).toBe(405)
  })
})
