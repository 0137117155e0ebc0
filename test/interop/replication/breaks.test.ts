import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ServeScene } from '../../broker/serve-scene.ts'
import { lines, ReplicaScene } from '../../replication/replica-scene.ts'
import { BinaryRunner, ended } from '../../support/binary-runner.ts'
import { FollowerRun } from '../../support/follower-run.ts'
import { toolOrSkip } from '../../support/require-tool.ts'
import { SshServer } from '../../support/ssh-server.ts'

const small = ['--config', 'segment.bytes=60000', '--batch-size', '2000']
const patience = { timeout: 60_000, interval: 100 }

/** A serve that is gone when the test is over. */
async function served(flags: readonly string[], directory: string): Promise<ServeScene> {
  const serve = await ServeScene.start(flags, directory)
  onTestFinished(() => void serve.stop('SIGKILL'))
  return serve
}

function expectSame(scene: ReplicaScene, copy: BinaryRunner, partition = 'app-0'): void {
  expect(scene.filesOf(copy, partition)).toEqual(scene.filesOf(scene.source, partition))
}

describe('a copy that follows a source is taken up again', () => {
  test.each([false, true])('when a serve was killed and comes back (pull: %s)', async (isPull) => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(100), ...small)
    const [near, far] = isPull ? [scene.copy, scene.source] : [scene.source, scene.copy]
    let serve = await served([], far.directory)
    const { address } = serve
    const words = ['replicate', 'app', '--follow', '--json', ...(isPull ? ['--from'] : [])]
    const run = new FollowerRun(near.start([...words, `tcp://${address}`]))
    await expect.poll(() => run.of('copied'), patience).toHaveLength(1)
    await serve.stop('SIGKILL')
    scene.source.produce('app', lines(50, 'meanwhile-'))
    await expect.poll(() => run.of('broken').length, patience).toBeGreaterThan(1)
    expect(run.of('broken').at(-1)?.reason).toContain('connection refused')
    serve = await served(['--listen', address], far.directory)
    await expect.poll(() => run.of('copied').at(-1)?.records, patience).toBe(50)
    scene.source.produce('app', ['after'])
    await expect.poll(() => scene.copy.values('app').at(-1), patience).toBe('after')
    await expect.poll(() => run.of('copied').at(-1)?.records, patience).toBe(1)
    expect(await run.stop()).toBe(143)
    expect(run.events.at(-1)).toMatchObject({ event: 'stopped', records: 151 })
    expectSame(scene, scene.copy)
    await serve.stop()
  })

  describe.skipIf(toolOrSkip('../sbin/sshd') === undefined)('over ssh', () => {
    let server: SshServer
    beforeAll(async () => {
      server = await SshServer.start()
    })
    afterAll(() => server.stop())

    test('when the far side was killed and its machine is away for a while, whichever side follows', async () => {
      for (const isPull of [false, true]) {
        const scene = new ReplicaScene()
        scene.source.produce('app', lines(100), ...small)
        const [near, far] = isPull ? [scene.copy, scene.source] : [scene.source, scene.copy]
        const words = ['replicate', 'app', '--follow', '--json', ...(isPull ? ['--from'] : [])]
        const run = new FollowerRun(near.start([...words, ...server.peer(far.directory)]))
        await expect.poll(() => run.of('copied'), patience).toHaveLength(1)
        await server.goAway()
        const [pid] = farSides(far.directory)
        process.kill(pid ?? 0, 'SIGKILL')
        scene.source.produce('app', lines(50, 'meanwhile-'))
        await expect.poll(() => run.of('broken').length, patience).toBeGreaterThan(1)
        expect(run.of('broken').at(-1)?.reason).toContain('refused')
        await server.comeBack()
        await expect.poll(() => run.of('copied').at(-1)?.records, patience).toBe(50)
        expect(await run.stop()).toBe(143)
        await expect.poll(() => farSides(far.directory), patience).toEqual([])
        expectSame(scene, scene.copy)
      }
    })

    /** Processes that are the far side of a copy of this directory. */
    function farSides(directory: string): number[] {
      return readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .filter((pid) => {
          const [, word, path] = commandLine(pid)
          return word === '__replicate' && path === directory
        })
        .map(Number)
    }

    function commandLine(pid: string): string[] {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      } catch {
        return []
      }
    }
  })
})

test('a push to a serve goes on where either side was killed, with nothing of it spoilt', async () => {
  const scene = new ReplicaScene()
  scene.source.produce('app', lines(300_000), ...small)
  let serve = await served([], scene.copy.directory)
  const { address } = serve
  const words = ['replicate', 'app', '--bwlimit', '1M', `tcp://${address}`]
  for (let i = 0; i < 10; i++) {
    const child = scene.source.start(words)
    await new Promise((resolve) => setTimeout(resolve, 80 + 37 * i))
    if (i % 2 === 0) await ended(child, 'SIGKILL')
    else {
      await serve.stop('SIGKILL')
      await ended(child)
      expect(child.exitCode).toBe(75)
      serve = await served(['--listen', address], scene.copy.directory)
    }
    const copied = scene.copy.run(['consume', 'app']).stdout.toString().split('\n').slice(0, -1)
    expect(copied).toEqual(lines(copied.length))
  }
  expect(scene.source.run(['replicate', 'app', `tcp://${address}`])).toMatchObject({ code: 0, stderr: '' })
  expectSame(scene, scene.copy)
  expect(await serve.stop()).toBe(143)
  expect(scene.copy.run(['verify']).code).toBe(0)
})
