import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { ServeScene } from '../../broker/serve-scene.ts'
import { lines, ReplicaScene } from '../../replication/replica-scene.ts'
import { BinaryRunner } from '../../support/binary-runner.ts'
import { FollowerRun } from '../../support/follower-run.ts'
import { toolOrSkip } from '../../support/require-tool.ts'
import { SmallDisk } from '../../support/small-disk.ts'
import { SshServer } from '../../support/ssh-server.ts'

/** A serve that is gone when the test is over. */
async function served(flags: readonly string[], directory: string): Promise<ServeScene> {
  const serve = await ServeScene.start(flags, directory)
  onTestFinished(() => void serve.stop('SIGKILL'))
  return serve
}

const probe = SmallDisk.make('1M')
probe?.remove()

describe.skipIf(probe === undefined)('a disk that is full', () => {
  let disk: SmallDisk
  let copy: BinaryRunner
  beforeEach(() => {
    const made = SmallDisk.make('3M')
    if (made === undefined) throw new Error('what could be made before cannot be made now')
    disk = made
    copy = new BinaryRunner(join(disk.path, 'copy'))
  })
  afterEach(() => disk.remove())

  function filled(): ReplicaScene {
    const scene = new ReplicaScene()
    const words = ['--config', 'segment.bytes=200000', '--config', 'segment.index.bytes=4096', '--batch-size', '20000']
    scene.source.produce('app', lines(300_000), ...words)
    return scene
  }

  function expectRefusedThenDone(push: () => ReturnType<BinaryRunner['run']>, side: string): void {
    const refused = push()
    expect(refused.code).toBe(75)
    expect(refused.stderr).toContain(side)
    expect(refused.stderr).toMatch(/no space left/i)
    expect(refused.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2)
    const before = copy.values('app')
    expect(before.length).toBeGreaterThan(0)
    expect(before).toEqual(lines(before.length))
    disk.resize('20M')
    expect(push()).toMatchObject({ code: 0, stderr: '' })
    expect(copy.run(['verify']).code).toBe(0)
  }

  test('beside us is said to be ours', () => {
    const scene = filled()
    expectRefusedThenDone(() => scene.source.run(['replicate', 'app', copy.directory]), copy.directory)
    expect(scene.filesOf(copy, 'app-0')).toEqual(scene.filesOf(scene.source, 'app-0'))
  })

  test("of a serve is said to be that one's; once there is room the next run goes on, without a restart", async () => {
    const scene = filled()
    const serve = await served([], copy.directory)
    expectRefusedThenDone(() => scene.source.run(['replicate', 'app', `tcp://${serve.address}`]), serve.address)
    expect(scene.filesOf(copy, 'app-0')).toEqual(scene.filesOf(scene.source, 'app-0'))
    expect(await serve.stop()).toBe(143)
  })

  test('ends no copy that follows: it goes on by itself once there is room', async () => {
    const scene = filled()
    const serve = await served([], copy.directory)
    const run = new FollowerRun(
      scene.source.start(['replicate', 'app', '--follow', '--json', `tcp://${serve.address}`]),
    )
    await expect.poll(() => run.of('broken').length, { timeout: 30_000 }).toBeGreaterThan(0)
    expect(run.of('broken')[0]?.reason).toMatch(/no space left/i)
    disk.resize('20M')
    await expect.poll(() => run.of('copied').length, { timeout: 60_000 }).toBe(1)
    expect(await run.stop()).toBe(143)
    expect(scene.filesOf(copy, 'app-0')).toEqual(scene.filesOf(scene.source, 'app-0'))
    await serve.stop()
  })

  describe.skipIf(toolOrSkip('../sbin/sshd') === undefined)('over ssh', () => {
    let server: SshServer
    beforeAll(async () => {
      server = await SshServer.start()
    })
    afterAll(() => server.stop())

    test('is said to be that of the far side', () => {
      const scene = filled()
      const push = (): ReturnType<BinaryRunner['run']> =>
        scene.source.run(['replicate', 'app', ...server.peer(copy.directory)])
      expectRefusedThenDone(push, '127.0.0.1: ')
      expect(scene.filesOf(copy, 'app-0')).toEqual(scene.filesOf(scene.source, 'app-0'))
    })
  })
})
