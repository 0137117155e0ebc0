import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { clientBatch, produce } from '../../broker/requests.ts'
import { ServeScene } from '../../broker/serve-scene.ts'
import { BinaryRunner } from '../../support/binary-runner.ts'
import { skippedFor } from '../../support/require-tool.ts'
import { runBinary } from '../../support/run-binary.ts'
import { deviceMissing, FailingDevice } from './failing-device.ts'

const missing = skippedFor(deviceMissing())

interface DeviceScene {
  readonly device: FailingDevice
  readonly log: BinaryRunner
  readonly serve: () => Promise<ServeScene>
}

/** A server on a directory of a device. */
async function sceneOfTest(): Promise<DeviceScene> {
  const home = mkdtempSync(join(tmpdir(), 'tslog-device-'))
  const device = new FailingDevice(home)
  const started: ServeScene[] = []
  onTestFinished(async () => {
    device.failOn(undefined)
    for (const scene of started) await scene.stop('SIGKILL')
    await device.detach()
    rmSync(home, { recursive: true, force: true })
  })
  await device.attach()
  const directory = join(device.path, 'log')
  const serve = async (): Promise<ServeScene> => {
    const scene = await ServeScene.start([], directory)
    started.push(scene)
    return scene
  }
  return { device, log: new BinaryRunner(directory), serve }
}

const lines = (name: string): string[] => Array.from({ length: 400 }, (_, n) => `${name}-${n} ${'.'.repeat(90)}`)

/** What is read from `t` is what the disk has, and has what was acknowledged before the sync that failed and after it. */
async function expectOnDisk({ device, log }: DeviceScene): Promise<void> {
  const seen = log.values('t')
  await device.detach()
  await device.attach()
  expect(log.values('t')).toEqual(seen)
  expect(seen.slice(0, 400)).toEqual(lines('before'))
  expect(seen.slice(-400)).toEqual(lines('again'))
  expect(log.run(['verify']).code).toBe(0)
}

describe.skipIf(missing)('a served partition whose disk fails one sync', () => {
  test('is read on, refuses records at once, and has all that was acknowledged after a restart', async () => {
    const scene = await sceneOfTest()
    const { device, log, serve } = scene
    for (const topic of ['t', 'other']) log.done(['topics', 'create', topic])
    const first = await serve()
    const produceLines = (topic: string, name: string): ReturnType<BinaryRunner['run']> =>
      log.produce(topic, lines(name), '--batch-size', '4000')
    expect(produceLines('t', 'before').code).toBe(0)
    device.failOn('POISON')
    const startedMs = performance.now()
    const refused = [produceLines('t', 'POISON')]
    device.failOn(undefined)
    refused.push(produceLines('t', 'after'))
    for (const { code, stderr } of refused) {
      expect(code).toBe(1)
      expect(stderr).toMatch(/cannot append to t-0: .* \(KAFKA_STORAGE_ERROR\)\n.*start the server anew/)
    }
    // Without a wait for what only a restart changes.
    expect(performance.now() - startedMs).toBeLessThan(20_000)

    expect(produceLines('other', 'sound').code).toBe(0)
    expect(log.values('t')).toEqual(lines('before'))
    expect(runBinary(['consume', 't', '-b', first.address]).stdout.toString()).toBe(`${lines('before').join('\n')}\n`)
    expect(await first.stop()).toBe(143)
    expect(first.log).toMatch(/appends refused topic=t partition=0 .*EIO/)

    const second = await serve()
    expect(produceLines('t', 'again').code).toBe(0)
    expect(await second.stop()).toBe(143)
    await expectOnDisk(scene)
    expect(log.values('other')).toEqual(lines('sound'))
  })

  test.each([
    { where: 'in the same segment', segmentBytes: 2 ** 30 },
    { where: 'behind two rolls', segmentBytes: 50_000 },
  ])('acknowledges nothing that comes while that sync is under way, $where', async ({ segmentBytes }) => {
    const scene = await sceneOfTest()
    const { device, log, serve } = scene
    const configs = [`segment.bytes=${segmentBytes}`, 'segment.index.bytes=1048576']
    log.done(['topics', 'create', 't', ...configs.flatMap((one) => ['--config', one])])
    expect(log.produce('t', lines('before')).code).toBe(0)
    const server = await serve()
    device.failOn('POISON')
    const answers: Promise<number>[] = []
    for (const name of ['POISON', 'beside', 'behind']) {
      const client = await server.connect()
      answers.push(produce(client, 't', clientBatch(lines(name))).then(({ errorCode }) => errorCode))
      await sleep(60)
    }
    expect(await Promise.all(answers)).toEqual([56, 56, 56])
    device.failOn(undefined)
    expect(log.values('t')).toEqual(lines('before'))
    await server.stop()

    expect(log.produce('t', lines('again')).code).toBe(0)
    await expectOnDisk(scene)
  })
})
