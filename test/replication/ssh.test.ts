import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ended, outcome } from '../support/binary-runner.ts'
import { toolOrSkip } from '../support/require-tool.ts'
import { SshServer } from '../support/ssh-server.ts'
import { lines, ReplicaScene } from './replica-scene.ts'

const small = [
  '--config',
  'segment.bytes=60000',
  '--batch-size',
  '2000',
  '--partitions',
  '3',
  '--partitioner',
  'round-robin',
]
const partitions = ['app-0', 'app-1', 'app-2']

describe.skipIf(toolOrSkip('../sbin/sshd') === undefined)('a copy over ssh', () => {
  let server: SshServer
  beforeAll(async () => {
    server = await SshServer.start()
  })
  afterAll(() => server.stop())

  function expectSame(scene: ReplicaScene): void {
    for (const partition of partitions) {
      expect(scene.filesOf(scene.copy, partition)).toEqual(scene.filesOf(scene.source, partition))
    }
  }

  test('is pushed and brought up to date, and says nothing', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(20_000), ...small)
    const push = (): unknown => scene.source.run(['replicate', 'app', ...server.peer(scene.copy.directory)])
    expect(push()).toMatchObject({ code: 0, stderr: '' })
    expectSame(scene)
    scene.source.produce('app', lines(10, 'more-'))
    expect(push()).toMatchObject({ code: 0, stderr: '' })
    expectSame(scene)
    expect(push()).toMatchObject({ code: 0, stderr: '' })
  })

  test('is not made of what is damaged at its source: the source says where, whichever side follows', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(40_000), '--batch-size', '100000')
    const path = scene.source.path('app-0/00000000000000000000.log')
    const bytes = readFileSync(path)
    bytes.writeUInt8(bytes.readUInt8(250_000) ^ 1, 250_000)
    writeFileSync(path, bytes)
    const push = scene.source.run(['replicate', 'app', ...server.peer(scene.copy.directory)])
    expect(push).toMatchObject({ code: 5, stderr: expect.stringContaining(`${path}`) })
    expect(push.stderr).toContain('cannot be copied')
    const copied = scene.copy.values('app')
    expect(copied.length).toBeGreaterThan(0)
    expect(copied).toEqual(lines(copied.length))
    const pull = scene.copy.run(['replicate', 'app', '--from', ...server.peer(scene.source.directory)])
    expect(pull).toMatchObject({ code: 5, stderr: expect.stringContaining('cannot be copied') })
  })

  test('is pulled with --from, with groups, and reported as JSON', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(20_000), ...small)
    scene.source.done(['consume', 'app', '-g', 'nightly', '-p', '0', '-c', '7'])
    const words = [
      'replicate',
      'app',
      '--from',
      '--groups',
      '--compress',
      '--json',
      ...server.peer(scene.source.directory),
    ]
    const run = scene.copy.run(words)
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(run.stdout.toString())).toMatchObject({ records: 20_000, groups: 1 })
    expectSame(scene)
    expect(scene.copy.done(['groups', 'describe', 'nightly'])).toContain('app\t0\t7\t')
  })

  test('that has diverged is told with the facts of both sides, whichever side follows', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(100))
    scene.replicate('app')
    scene.copy.produce('app', lines(5, 'own-'))
    const pushed = scene.source.run(['replicate', 'app', ...server.peer(scene.copy.directory)])
    const pulled = scene.copy.run(['replicate', 'app', '--from', ...server.peer(scene.source.directory)])
    for (const { code, stderr } of [pushed, pulled]) {
      expect(code).toBe(5)
      expect(stderr).toContain('copy [0, 105) and source [0, 100) have diverged')
    }
  })

  test('goes on where either side was killed', async () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(150_000), ...small)
    for (let i = 0; i < 4; i++) {
      const child = scene.source.start(['replicate', 'app', '--bwlimit', '2M', ...server.peer(scene.copy.directory)])
      await new Promise((resolve) => setTimeout(resolve, 100 + 60 * i))
      await ended(child, 'SIGKILL')
    }
    expect(scene.source.run(['replicate', 'app', ...server.peer(scene.copy.directory)])).toMatchObject({ code: 0 })
    expectSame(scene)
    expect(scene.copy.run(['verify']).code).toBe(0)
  }, 30_000)

  test('follows what is appended, until it is told to stop', async () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(100))
    const child = scene.source.start(['replicate', 'app', '--follow', '-v', ...server.peer(scene.copy.directory)])
    const end = outcome(child)
    await new Promise((resolve) => child.stderr?.once('data', resolve))
    scene.source.produce('app', ['news'])
    await expect.poll(() => scene.copy.values('app').at(-1), { timeout: 5000 }).toBe('news')
    child.kill('SIGTERM')
    expect((await end).code).toBe(143)
  })

  test.each([
    { what: 'no tslog there', words: ['--remote-tslog', '/nowhere/tslog'], code: 1, said: 'no tslog can be run on' },
    { what: 'a key that is refused', key: 'other', words: [], code: 77, said: 'Permission denied' },
    { what: 'an ssh that is not there', words: ['--ssh-command', '/nowhere/ssh'], code: 1, said: 'cannot run ssh' },
    { what: 'a tslog that knows no replication', words: ['--remote-tslog', '/bin/ls'], code: 1, said: 'one version' },
    { what: 'something else that speaks', words: ['--remote-tslog', '/bin/echo'], code: 1, said: 'not replication' },
  ])('$what is said in one line', ({ words, code, said, key }) => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(1))
    const [url = ''] = server.peer(scene.copy.directory)
    const ssh = ['--ssh-command', server.sshCommand(key)]
    const given = words[0] === '--ssh-command' ? words : [...ssh, ...words]
    const run = scene.source.run(['replicate', 'app', url, ...given])
    expect(run.code).toBe(code)
    expect(run.stderr).toContain(said)
    expect(run.stderr.split('\n')).toHaveLength(3)
    expect(existsSync(join(scene.copy.directory))).toBe(false)
  })
})
