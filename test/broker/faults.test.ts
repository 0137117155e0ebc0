import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { NodeFileSystem } from '../../src/disk/node-file-system.ts'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { deleteTopicsApi } from '../../src/protocol/messages/delete-topics.ts'
import { toolOrSkip } from '../support/require-tool.ts'
import { runBinary } from '../support/run-binary.ts'
import { clientBatch, fetch, makeTopic, produce, recordsOf, sequenced } from './requests.ts'
import { SmallDisk } from '../support/small-disk.ts'
import { ServeScene } from './serve-scene.ts'
import type { TestClient } from './test-client.ts'

const strace = toolOrSkip('strace')
let scene: ServeScene
let client: TestClient

beforeAll(async () => {
  scene = await ServeScene.start()
  client = await scene.connect()
})
afterAll(() => scene.remove())

test('while another process holds a partition its appends wait, and nobody else does', async () => {
  await makeTopic(client, 'held')
  await makeTopic(client, 'free')
  await produce(client, 'held', clientBatch(['before']))
  const lock = new NodeFileSystem().open(`${scene.directory}/held-0/tslog.lock`, 'write')
  expect(lock.lock('exclusive', 1000)).toBe(true)
  const waiting = await scene.connect()
  const order: string[] = []
  const held = produce(waiting, 'held', clientBatch(['held'])).then((answer) => {
    order.push('held')
    return answer
  })
  for (let i = 0; i < 5; i++) expect((await produce(client, 'free', clientBatch(['free']))).errorCode).toBe(0)
  expect(recordsOf(await fetch(client, [{ topic: 'held', from: 0n }]))).toEqual(['0 before'])
  order.push('others')
  lock.close()
  expect(await held).toMatchObject({ errorCode: 0, baseOffset: 1n })
  expect(order).toEqual(['others', 'held'])
})

test('a topic that could not be deleted is there as before', async () => {
  await makeTopic(client, 'lasting')
  await produce(client, 'lasting', clientBatch(['before']))
  const lock = new NodeFileSystem().open(`${scene.directory}/tslog-topics.lock`, 'write')
  expect(lock.lock('exclusive', 1000)).toBe(true)
  const { responses } = await client.send(deleteTopicsApi, 5, { topics: [], topicNames: ['lasting'], timeoutMs: 0 })
  lock.close()
  expect(responses[0]?.errorCode).not.toBe(ErrorCode.NONE)
  expect((await produce(client, 'lasting', clientBatch(['after']))).errorCode).toBe(ErrorCode.NONE)
  expect(recordsOf(await fetch(client, [{ topic: 'lasting', from: 0n }]))).toEqual(['0 before', '1 after'])
})

test('the shell and clients that append at the same time lose nothing and double nothing', async () => {
  await makeTopic(client, 'both')
  const lines = Array.from({ length: 3000 }, (_, i) => `shell ${i}`)
  const shell = spawn('sh', [
    '-c',
    `seq -f 'shell %.0f' 0 2999 | "$0" -d "$1" produce both --batch-size 500`,
    scene.binary,
    scene.directory,
  ])
  const ended = new Promise<number | null>((resolve) => shell.once('exit', resolve))
  const sent: string[] = []
  for (let i = 0; shell.exitCode === null; i++) {
    sent.push(`client ${i}`)
    expect((await produce(client, 'both', clientBatch([`client ${i}`]))).errorCode).toBe(0)
  }
  expect(await ended).toBe(0)
  const seen = runBinary(['-d', scene.directory, 'consume', 'both']).stdout.toString().split('\n').slice(0, -1)
  expect(seen.filter((one) => one.startsWith('shell'))).toEqual(lines)
  expect(seen.filter((one) => one.startsWith('client'))).toEqual(sent)
})

test.skipIf(strace === undefined)(
  'a partition whose sync failed takes no more appends, can be read, and the others go on',
  async () => {
    await makeTopic(client, 'failing')
    await makeTopic(client, 'sound')
    await produce(client, 'failing', clientBatch(['acknowledged']))
    const tracer = await attach(strace ?? '', scene.pid, 'fdatasync:error=EIO:when=1')
    const failed = await produce(client, 'failing', clientBatch(['not on the disk']))
    tracer.kill('SIGINT')
    expect(failed.errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    expect((await produce(client, 'failing', clientBatch(['again']))).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    expect((await produce(client, 'sound', clientBatch(['fine']))).errorCode).toBe(0)
    expect(recordsOf(await fetch(client, [{ topic: 'failing', from: 0n }]))).toEqual(['0 acknowledged'])
    expect(scene.log.match(/ ERROR appends refused .*/gu)).toEqual([
      expect.stringMatching(/topic=failing partition=0 reason="cannot sync .*" hint="see to the disk, then restart/u),
    ])
    // It stops in order all the same, on a disk that is well again also with everything closed in order, and the next one has every record that was acknowledged.
    expect(await scene.stop('SIGTERM')).toBe(143)
    expect(scene.log).not.toContain('not marked as cleanly shut down')
    expect(scene.log).toContain('isMarkedClean=true')
    const values = runBinary(['-d', scene.directory, 'consume', 'failing']).stdout.toString().split('\n')
    expect(values[0]).toBe('acknowledged')
  },
)

const disk = SmallDisk.make('3M')
afterAll(() => disk?.remove())

test.skipIf(disk === undefined)(
  'a full disk refuses what is written, says so once, and takes it again by itself once there is room',
  async () => {
    const { path } = disk as SmallDisk
    const full = await ServeScene.start([], path)
    const by = await full.connect()
    await makeTopic(by, 'full')
    const ballast = join(path, 'ballast')
    writeFileSync(ballast, Buffer.alloc(2 * 1024 * 1024))
    const batchOf = (sequence: number): Uint8Array =>
      sequenced(clientBatch([`${sequence} `.padEnd(50_000, 'x')]), sequence, 77n)
    let next = 0
    const send = async (): Promise<number> => (await produce(by, 'full', batchOf(next))).errorCode
    while ((await send()) === 0) next++
    expect(next).toBeGreaterThan(2)
    for (let i = 0; i < 300; i++) expect(await send()).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    // A command that comes by the socket is told what it would be told at rest.
    const command = runBinary(['-d', path, 'produce', 'full'], `${'y'.repeat(100_000)}\n`)
    expect(command).toMatchObject({ code: 75, stderr: expect.stringMatching(/ENOSPC.*\n {2}.*make room on the disk/u) })
    const seen = async (): Promise<string[]> => {
      const found: string[] = []
      for (let from = 0; from < next; from++) {
        const [record = ''] = recordsOf(await fetch(by, [{ topic: 'full', from: BigInt(from) }], { maxBytes: 1 }))
        found.push(record.replace(/ x+$/u, ''))
      }
      return found
    }
    const sent = (): string[] => Array.from({ length: next }, (_, at) => `${at} ${at}`)
    expect(await seen()).toEqual(sent())
    rmSync(ballast)
    await vi.waitFor(async () => expect(await send()).toBe(0), { timeout: 5_000, interval: 50 })
    next++
    // What its producer sends again is known, what leaves a gap is not taken.
    expect(await produce(by, 'full', batchOf(next - 1))).toMatchObject({ errorCode: 0, baseOffset: BigInt(next - 1) })
    expect((await produce(by, 'full', batchOf(next + 1))).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(await send()).toBe(0)
    next++
    expect(await seen()).toEqual(sent())
    expect(full.log.match(/(?:ERROR|INFO) appends \w+/gu)).toEqual(['ERROR appends refused', 'INFO appends taken'])
    expect(full.log).toContain('hint="make room on the disk')
    expect(await full.stop()).toBe(143)
  },
)

/** A strace on a process that runs, from the moment it says that it is there. */
function attach(program: string, pid: number, inject: string): Promise<ChildProcess> {
  const tracer = spawn(program, ['-f', '-p', String(pid), '-e', 'trace=fdatasync', '-e', `inject=${inject}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return new Promise((resolve) => {
    tracer.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('attached')) setTimeout(() => resolve(tracer), 200)
    })
  })
}
