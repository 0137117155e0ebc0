import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeRequest } from '../../src/protocol/api.ts'
import { beginApi, peerProtocolVersion } from '../../src/replication/peer-apis.ts'
import { ServeScene } from '../broker/serve-scene.ts'
import { BinaryRunner, outcome } from '../support/binary-runner.ts'
import type { BinaryRun } from '../support/run-binary.ts'
import { lines, ReplicaScene } from './replica-scene.ts'

describe('a copy to and from a running serve', () => {
  let serve: ServeScene
  let served: BinaryRunner
  beforeAll(async () => {
    serve = await ServeScene.start()
    served = new BinaryRunner(serve.directory)
  })
  afterAll(() => serve.remove())

  function push(scene: ReplicaScene, topic: string, ...words: string[]): BinaryRun {
    return scene.source.run(['replicate', topic, ...words, `tcp://${serve.address}`])
  }

  test('is the same byte for byte, with id, configuration and groups, either way', () => {
    const scene = new ReplicaScene()
    const small = ['--config', 'segment.bytes=12000', '--batch-size', '2000', '--partitions', '2', '-z', 'zstd']
    scene.source.produce('app', lines(4000), ...small, '--partitioner', 'round-robin')
    scene.source.done(['consume', 'app', '-g', 'nightly', '-p', '0', '-c', '7'])
    const first = push(scene, 'app', '--groups', '--json')
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(first.stdout.toString())).toMatchObject({ records: 4000, groups: 1 })
    // The server has the partitions open by now.
    expect(served.values('app')).toHaveLength(4000)
    expect(served.done(['groups', 'describe', 'nightly'])).toContain('app\t0\t7\t')
    scene.source.done(['consume', 'app', '-g', 'nightly', '-p', '0', '-c', '2'])
    scene.source.produce('app', lines(10, 'more-'), '--partitioner', 'round-robin')
    expect(JSON.parse(push(scene, 'app', '--json', '--compress', '--groups').stdout.toString())).toMatchObject({
      records: 10,
      groups: 1,
    })
    expect(served.values('app')).toHaveLength(4010)
    const pulled = scene.copy.run([
      'replicate',
      'app',
      '--from',
      '--groups',
      `tcp://${serve.address}`,
      '--compress',
      '--json',
    ])
    expect(JSON.parse(pulled.stdout.toString())).toMatchObject({ records: 4010, groups: 1 })
    for (const partition of ['app-0', 'app-1']) {
      expect(scene.filesOf(served, partition)).toEqual(scene.filesOf(scene.source, partition))
      expect(scene.filesOf(scene.copy, partition)).toEqual(scene.filesOf(scene.source, partition))
    }
    for (const side of [served, scene.copy]) {
      expect(side.done(['topics', 'describe', 'app']).split('\n')[0]).toBe(
        scene.source.done(['topics', 'describe', 'app']).split('\n')[0],
      )
      expect(side.done(['groups', 'describe', 'nightly'])).toContain('app\t0\t9\t')
    }
  })

  test('that clients have written to is told with the facts of both sides, and cut back when that is asked for', () => {
    const scene = new ReplicaScene()
    scene.source.produce('forked', lines(100))
    expect(push(scene, 'forked').code).toBe(0)
    served.produce('forked', lines(5, 'own-'))
    expect(push(scene, 'forked', '--dry-run').code).toBe(5)
    const refused = push(scene, 'forked')
    expect(refused.code).toBe(5)
    expect(refused.stderr).toContain('copy [0, 105) and source [0, 100) have diverged')
    scene.source.produce('forked', lines(3, 'later-'))
    expect(push(scene, 'forked', '--overwrite-diverged', '--yes')).toMatchObject({ code: 0, stderr: '' })
    expect(served.numbered('forked')).toEqual(scene.source.numbered('forked'))
    served.produce('forked', ['after'])
    expect(served.values('forked').at(-1)).toBe('after')
  })

  test('comes to who reads it there as it is followed, and the topics of the server itself are not touched', async () => {
    const scene = new ReplicaScene()
    scene.source.produce('live', lines(3))
    scene.source.done(['consume', 'live', '-g', 'one', '-c', '1'])
    expect(push(scene, '__consumer_offsets')).toMatchObject({ code: 1 })
    const follower = scene.source.start(['replicate', 'live', '--follow', '--json', `tcp://${serve.address}`])
    const stopped = outcome(follower)
    let said = ''
    follower.stdout?.on('data', (data: Buffer) => (said += data.toString()))
    await expect.poll(() => said).toMatch(/\n$/)
    const reader = served.start(['tail', 'live', '-n', '1', '-c', '2'])
    const read = outcome(reader)
    // It reads on from here.
    await once(reader.stdout as NodeJS.ReadableStream, 'data')
    scene.source.produce('live', ['news'])
    expect((await read).stdout.toString()).toBe(`${lines(3).at(-1)}\nnews\n`)
    await expect.poll(() => said).toMatch(/\n.*\n$/)
    follower.kill('SIGTERM')
    const { code, stdout, stderr } = await stopped
    expect([code, stderr]).toEqual([143, ''])
    const events = stdout.toString().trimEnd().split('\n')
    const moved = { topic: 'live', partition: 0 }
    expect(events.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { event: 'copied', records: 3, partitions: [{ ...moved, fromOffset: 0, toOffset: 3 }] },
      { event: 'copied', records: 1, partitions: [{ ...moved, fromOffset: 3, toOffset: 4 }] },
      { event: 'stopped', records: 4, groups: 0 },
    ])
  })

  test('says what is there instead of a serve, in one line', async () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(1))
    const run = scene.source.run(['replicate', 'app', 'tcp://127.0.0.1:1'])
    expect(run).toMatchObject({ code: 75, stderr: expect.stringContaining('connection refused') })
    expect(run.stderr.split('\n')).toHaveLength(3)
  })

  test('is refused to who says nonsense, and the server goes on', async () => {
    const begin = encodeRequest(
      beginApi,
      { apiVersion: 1, correlationId: 0, clientId: 'x' },
      { software: 'x', lastVersion: peerProtocolVersion, isFollower: true, order: Uint8Array.of(1, 2, 3), offer: null },
    )
    const nonsense = [
      [Uint8Array.of(0, 0, 0, 12, 0x75, 0x30, 0, 1, 0, 0, 0, 0, 255, 255, 255, 255)],
      begin,
      [...begin, Uint8Array.of(127, 255, 255, 255)],
      [...begin, Uint8Array.of(0, 0, 0, 2, 1, 1)],
    ]
    for (const pieces of nonsense) {
      const socket = connect({ host: '127.0.0.1', port: serve.port })
      socket.on('error', () => undefined).resume()
      for (const piece of pieces) socket.write(piece)
      // With or without an error: what was sent may not have been read.
      await new Promise((resolve) => void socket.on('close', resolve))
    }
    expect(served.produce('app', ['still here']).code).toBe(0)
  })
})
