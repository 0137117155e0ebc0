import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ServeScene } from '../../broker/serve-scene.ts'
import { lines, ReplicaScene } from '../../replication/replica-scene.ts'
import { builtBinary } from '../../support/built-binary.ts'
import type { BinaryRunner } from '../../support/binary-runner.ts'
import { outcome } from '../../support/binary-runner.ts'
import { FollowerRun } from '../../support/follower-run.ts'
import { toolOrSkip } from '../../support/require-tool.ts'
import { SshServer } from '../../support/ssh-server.ts'
import { type LinkFaults, SlowLink } from './slow-link.ts'

const small = ['--config', 'segment.bytes=200000', '--batch-size', '4000']
const patience = { timeout: 60_000, interval: 100 }

function expectSame(scene: ReplicaScene, copy: BinaryRunner = scene.copy): void {
  expect(scene.filesOf(copy, 'app-0')).toEqual(scene.filesOf(scene.source, 'app-0'))
  expect(copy.numbered('app')).toEqual(scene.source.numbered('app'))
}

async function linkTo(port: number, faults: LinkFaults): Promise<SlowLink> {
  const link = await SlowLink.open(port, faults)
  onTestFinished(() => link.close())
  return link
}

/** Elapsed ms. */
async function timed(act: () => Promise<void>): Promise<number> {
  const startedMs = performance.now()
  await act()
  return performance.now() - startedMs
}

/** Runs a command beside this process, which carries what it sends. */
async function run(side: BinaryRunner, words: readonly string[]): Promise<void> {
  const { code, stderr } = await outcome(side.start(words))
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
}

/** Ever longer before a cut, so that each connection brings some more. */
function cutsAt(first: number, times: number): () => number | undefined {
  let count = 0
  return () => (count < times ? first + 7919 * count++ : undefined)
}

describe('over a link with 100 ms there and back', () => {
  test('much is copied in little more time than over a short one: nobody waits for each answer', async () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(400_000), '--batch-size', '60000', '--config', 'segment.bytes=2000000')
    const serve = await ServeScene.start([], scene.copy.directory)
    const link = await linkTo(serve.port, { delayMs: 50 })
    const ms = await timed(() => run(scene.source, ['replicate', 'app', `tcp://127.0.0.1:${link.port}`]))
    expectSame(scene)
    await serve.stop()
    // Some six questions before the first batch; a round trip for each batch would be ten seconds more.
    expect(ms).toBeLessThan(8000)
  })
})

describe('over a link that is slow', () => {
  test('both ways everything comes, and compression makes it faster', async () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(50_000), ...small)
    const serve = await ServeScene.start([], scene.copy.directory)
    const link = await linkTo(serve.port, { delayMs: 10, bytesPerSecond: 500_000 })
    const peer = `tcp://127.0.0.1:${link.port}`
    const plainMs = await timed(() => run(scene.source, ['replicate', 'app', peer]))
    expectSame(scene)
    const back = new ReplicaScene()
    const packedMs = await timed(() => run(back.copy, ['replicate', 'app', '--from', '--compress', peer]))
    expectSame(scene, back.copy)
    await serve.stop()
    expect(packedMs).toBeLessThan(plainMs)
  })
})

describe('over a link that is cut again and again', () => {
  test('a copy to a serve that follows comes to its end by itself', async () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(60_000), ...small)
    const serve = await ServeScene.start([], scene.copy.directory)
    const link = await linkTo(serve.port, { delayMs: 2, cutAfterBytes: cutsAt(3000, 4) })
    const follower = new FollowerRun(
      scene.source.start(['replicate', 'app', '--follow', '--json', `tcp://127.0.0.1:${link.port}`]),
    )
    await expect.poll(() => follower.of('copied').length, patience).toBeGreaterThan(0)
    expect(link.cuts).toBe(4)
    expect(await follower.stop()).toBe(143)
    expectSame(scene)
    expect(await serve.stop()).toBe(143)
    expect(scene.copy.run(['verify']).code).toBe(0)
  })

  describe.skipIf(toolOrSkip('../sbin/sshd') === undefined)('and ssh', () => {
    let server: SshServer
    beforeAll(async () => {
      server = await SshServer.start()
    })
    afterAll(() => server.stop())

    test.each(['push', 'pull'])('each run goes on where the last one was (%s)', async (direction) => {
      const scene = new ReplicaScene()
      scene.source.produce('app', lines(60_000), ...small)
      // Some 5 KB are ssh's own talk before anything is said.
      const link = await linkTo(server.port, { delayMs: 1, cutAfterBytes: cutsAt(9000, 6) })
      const [follower, other] = direction === 'pull' ? [scene.copy, scene.source] : [scene.source, scene.copy]
      const words = server.peer(other.directory).map((word) => word.replace(`:${server.port}/`, `:${link.port}/`))
      const replicate = ['replicate', 'app', ...words, ...(direction === 'pull' ? ['--from'] : [])]
      for (let i = 0; i < 6; i++) {
        const { code, stderr } = await outcome(follower.start(replicate))
        expect({ code, stderr }).toMatchObject({ code: 75 })
      }
      expect(link.cuts).toBe(6)
      await run(follower, replicate)
      expectSame(scene)
      expect(scene.copy.run(['verify']).code).toBe(0)
    })
  })
})

/** Two network namespaces of one user namespace, joined by a pair of devices. */
const namespaces = `set -e
ip link set lo up
unshare -n sleep 600 & far=$!
trap 'kill $far' EXIT
until test "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/$$/ns/net)"; do sleep 0.02; done
ip link add near type veth peer name far netns $far
ip addr add 10.77.0.1/24 dev near; ip link set near up
nsenter -t $far -n ip addr add 10.77.0.2/24 dev far
nsenter -t $far -n ip link set far up; nsenter -t $far -n ip link set lo up
`

/** Runs a script as root of namespaces of its own. */
function inNamespaces(script: string, env: Record<string, string>): { code: number | null; said: string } {
  const bash = spawnSync('unshare', ['-Urnm', 'bash', '-c', namespaces + script], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, HOME: process.env['HOME'], ...env },
  })
  return { code: bash.status, said: `${bash.stdout}${bash.stderr}${bash.error?.message ?? ''}` }
}

const probe = inNamespaces('nsenter -t $far -n ip -o link show far > /dev/null', {})
const cannot =
  probe.code === 0
    ? undefined
    : `no network namespaces with a link between them can be made here (${probe.said.trim()})`

describe.skipIf(skippedForMachine(cannot))('between two network namespaces', () => {
  test('a copy follows over a link that goes down and comes up', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(20_000), ...small)
    const { code, said } = inNamespaces(
      `nsenter -t $far -n "$tslog" serve -d "$copy" --quiet --listen 10.77.0.2:19092 > /dev/null & serve=$!
      until "$tslog" topics list -b 10.77.0.2:19092 > /dev/null 2>&1; do sleep 0.1; done
      "$tslog" replicate app tcp://10.77.0.2:19092 -d "$source" --follow > /dev/null 2>&1 & follower=$!
      until test "$("$tslog" consume app -d "$copy" 2> /dev/null | wc -l)" = 20000; do sleep 0.1; done
      ip link set near down; sleep 0.5
      seq 100 | "$tslog" produce app -d "$source"
      sleep 0.5; ip link set near up
      until test "$("$tslog" consume app -d "$copy" | wc -l)" = 20100; do sleep 0.1; done
      kill $follower $serve; wait $follower $serve || true`,
      { tslog: builtBinary(), source: scene.source.directory, copy: scene.copy.directory },
    )
    expect({ code, said }).toEqual({ code: 0, said: '' })
    expectSame(scene)
    expect(scene.copy.run(['verify']).code).toBe(0)
  })
})

/** Said, and never a failure: many machines, and most containers, allow no namespaces. */
function skippedForMachine(reason: string | undefined): boolean {
  if (reason !== undefined) process.stderr.write(`SKIPPED: ${reason}\n`)
  return reason !== undefined
}
