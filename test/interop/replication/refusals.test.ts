import { existsSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lines, ReplicaScene } from '../../replication/replica-scene.ts'
import { outcome } from '../../support/binary-runner.ts'
import type { BinaryRun } from '../../support/run-binary.ts'
import { startKafka } from '../../support/kafka/broker.ts'
import { toolOrSkip } from '../../support/require-tool.ts'
import { projectRoot } from '../../support/source-files.ts'
import { SshServer } from '../../support/ssh-server.ts'

/** One line that says what, one that says what to do. */
function expectSaid(run: BinaryRun, code: number, ...texts: readonly string[]): void {
  expect(run.code).toBe(code)
  for (const text of texts) expect(run.stderr).toContain(text)
  expect(run.stderr.trimEnd().split('\n')).toHaveLength(2)
}

describe.skipIf(toolOrSkip('../sbin/sshd') === undefined)('over ssh', () => {
  let server: SshServer
  beforeAll(async () => {
    server = await SshServer.start()
  })
  afterAll(() => server.stop())

  test('another version on the far side is named, whichever side follows, and nothing is written', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(1))
    const other = join(scene.home, 'other-tslog')
    const program = `${projectRoot}test/support/other-version.ts`
    writeFileSync(other, `#!/bin/sh\nexec ${process.execPath} --disable-warning=ExperimentalWarning ${program}\n`, {
      mode: 0o755,
    })
    for (const [side, flags] of [
      [scene.source, []],
      [scene.copy, ['--from']],
    ] as const) {
      const run = side.run(['replicate', 'app', ...flags, ...server.peer('/srv/none', other)])
      expectSaid(run, 1, '127.0.0.1 runs tslog 99.0.0, which speaks another version', 'bring both sides to one version')
    }
    expect(existsSync(join(scene.copy.directory, 'app-0'))).toBe(false)
  })

  test('no sshd there may pass', async () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(1))
    const gone = await SshServer.start()
    await gone.goAway()
    expectSaid(scene.source.run(['replicate', 'app', ...gone.peer('/srv/none')]), 75, 'ssh to 127.0.0.1', 'refused')
    await gone.comeBack()
    await gone.stop()
  })
})

describe('tcp:// to what is no tslog serve', () => {
  let silent: Server
  beforeAll(async () => {
    silent = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await once(silent, 'listening')
  })
  afterAll(() => void silent.close())

  function portOf(server: Server): number {
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  test('is said of a service that hangs up', async () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(1))
    const run = await outcome(scene.source.start(['replicate', 'app', `tcp://127.0.0.1:${portOf(silent)}`]))
    expect([run.code, run.stderr]).toEqual([75, expect.stringContaining(`127.0.0.1:${portOf(silent)}`)])
  })

  test('is said of Apache Kafka, with the scheme that is for it', async () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(1))
    const kafka = await startKafka()
    try {
      for (const flags of [[], ['--from']]) {
        const run = scene.source.run(['replicate', 'app', ...flags, `tcp://${kafka.bootstrap}`])
        expectSaid(run, 75, 'ended the connection when it was asked to replicate', 'kafka://')
      }
    } finally {
      await kafka.stop()
    }
  })
})
