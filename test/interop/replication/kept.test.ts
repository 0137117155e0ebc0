import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ServeScene } from '../../broker/serve-scene.ts'
import { lines } from '../../replication/replica-scene.ts'
import { BinaryRunner } from '../../support/binary-runner.ts'

const patience = { timeout: 60_000, interval: 100 }

let home: string
let far: ServeScene
let near: ServeScene | undefined

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'tslog-kept-'))
  far = await ServeScene.start()
})
afterEach(async () => {
  await near?.remove()
  near = undefined
  await far.remove()
  rmSync(home, { recursive: true, force: true })
})

/** A serve whose settings are these, and a log that it may copy from. */
async function serveWith(settings: Readonly<Record<string, string>>): Promise<ServeScene> {
  write(settings)
  near = await ServeScene.start(['--config-file', join(home, 'server.properties'), '--metrics-listen', '127.0.0.1:0'])
  return near
}

function write(settings: Readonly<Record<string, string>>): void {
  const text = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(join(home, 'server.properties'), text.join(''))
}

/** What `/metrics` says of replications, without their common prefix. */
async function metrics(serve: ServeScene): Promise<Map<string, number>> {
  const [, address] = /metrics address=(\S+)/.exec(serve.log) ?? []
  const text = await (await fetch(`http://${address}/metrics`)).text()
  const rows = text.split('\n').filter((line) => line.startsWith('tslog_replication_'))
  return new Map(
    rows.map((row) => {
      const [name = '', value] = row.slice('tslog_replication_'.length).split(' ')
      return [name, Number(value)]
    }),
  )
}

const appLabels = '{replication="backup",topic="app",partition="0"}'

test('a serve keeps copies up either way, tells how far they are, and takes them up again', async () => {
  const upstream = new BinaryRunner(join(home, 'upstream'))
  upstream.produce('mirrored', lines(100))
  const serve = await serveWith({
    'replicate.backup.peer': `tcp://${far.address}`,
    'replicate.backup.topics': 'app*',
    'replicate.mirror.peer': upstream.directory,
    'replicate.mirror.topics': 'mirrored',
    'replicate.mirror.from': 'true',
  })
  const own = new BinaryRunner(serve.directory)
  const backup = new BinaryRunner(far.directory)
  own.produce('app', lines(1000))
  await expect
    .poll(() => backup.run(['consume', 'app']).stdout.toString(), patience)
    .toBe(`${lines(1000).join('\n')}\n`)
  await expect.poll(() => own.run(['consume', 'mirrored']).stdout.toString().split('\n').length, patience).toBe(101)
  await expect.poll(async () => (await metrics(serve)).get(`lag_records${appLabels}`), patience).toBe(0)
  const all = await metrics(serve)
  expect(all.get('records_total{replication="mirror"}')).toBe(100)
  expect([all.get('up{replication="backup"}'), all.get('up{replication="mirror"}')]).toEqual([1, 1])
  expect(all.get('last_success_timestamp_seconds{replication="backup"}')).toBeGreaterThan(Date.now() / 1000 - 60)

  const { address, directory } = far
  await far.stop('SIGKILL')
  own.produce('app', lines(10, 'meanwhile-'))
  await expect.poll(async () => (await metrics(serve)).get('up{replication="backup"}'), patience).toBe(0)
  const broken = await metrics(serve)
  expect(broken.get(`lag_records${appLabels}`)).toBe(10)
  expect(broken.get(`lag_bytes${appLabels}`)).toBeGreaterThan(10)
  expect(broken.get('reconnects_total{replication="backup"}')).toBeGreaterThan(0)
  expect(broken.get('errors_total{replication="backup"}')).toBe(0)
  far = await ServeScene.start(['--listen', address], directory)
  await expect.poll(() => backup.values('app').length, patience).toBe(1010)
  await expect.poll(async () => (await metrics(serve)).get(`lag_records${appLabels}`), patience).toBe(0)
  expect(serve.log).toContain('WARN replication broken name=backup')

  expect(await serve.stop()).toBe(143)
  expect(serve.log).toContain('INFO replication ends name=mirror')
  expect(serve.log).toMatch(/INFO stopped isMarkedClean=true\n$/)
})

test('SIGHUP begins, ends and changes replications, and leaves the others alone', async () => {
  const first = { 'replicate.one.peer': `tcp://${far.address}`, 'replicate.one.topics': 'one' }
  const second = { 'replicate.two.peer': `tcp://${far.address}`, 'replicate.two.topics': 'two' }
  const serve = await serveWith(first)
  const own = new BinaryRunner(serve.directory)
  const backup = new BinaryRunner(far.directory)
  own.produce('one', lines(3))
  own.produce('two', lines(3))
  // A topic that was not there yet is one more try.
  await expect.poll(() => backup.run(['consume', 'one']).code, patience).toBe(0)
  write({ ...first, ...second })
  serve.reload()
  await expect.poll(() => backup.run(['consume', 'two']).code, patience).toBe(0)
  expect(serve.log.match(/replication begins name=one/g)).toHaveLength(1)
  write(second)
  serve.reload()
  await expect.poll(() => serve.log, patience).toContain('replication ends name=one')
  expect(serve.log).not.toContain('replication ends name=two')
  write({ ...second, 'replicate.two.bwlimit': 'much' })
  serve.reload()
  await expect.poll(() => serve.log, patience).toContain('settings left as they were')
  expect(serve.log).not.toContain('replication ends name=two')
})

test('a copy that has diverged is an error that is told again and again, until it is mended', async () => {
  const serve = await serveWith({ 'replicate.backup.peer': `tcp://${far.address}`, 'replicate.backup.topics': 'app' })
  const own = new BinaryRunner(serve.directory)
  const backup = new BinaryRunner(far.directory)
  own.produce('app', lines(3))
  await expect.poll(() => backup.run(['consume', 'app']).code, patience).toBe(0)
  backup.produce('app', ['of its own'])
  own.produce('app', ['more'])
  await expect.poll(() => serve.log, patience).toMatch(/ERROR replication failed name=backup .*have diverged/)
  expect((await metrics(serve)).get('errors_total{replication="backup"}')).toBeGreaterThan(0)
  expect(backup.done(['topics', 'delete', 'app', '--yes'])).toBe('')
  await expect
    .poll(() => backup.run(['consume', 'app']).stdout.toString(), patience)
    .toBe('line-0\nline-1\nline-2\nmore\n')
})

test('peers that say nothing keep no server from stopping', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const address = silent.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const serve = await serveWith({
    'replicate.one.peer': `tcp://127.0.0.1:${port}`,
    'replicate.one.topics': '*',
    'replicate.two.peer': `kafka://127.0.0.1:${port}`,
    'replicate.two.topics': '*',
    'replicate.two.from': 'true',
  })
  await once(silent, 'connection')
  expect(await serve.stop()).toBe(143)
  expect(serve.log).toMatch(/INFO stopped isMarkedClean=true\n$/)
  silent.close()
}, 20_000)
