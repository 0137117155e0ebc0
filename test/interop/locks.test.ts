import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { ServeScene } from '../broker/serve-scene.ts'
import { expectOrderKept, produceLines } from '../storage/many-producers.ts'
import { BinaryLog } from '../support/binary-log.ts'
import { builtBinary } from '../support/built-binary.ts'
import { OracleScene } from '../support/kafka/oracle-scene.ts'
import { toolOrSkip } from '../support/require-tool.ts'

const isFullSize = process.env['TSLOG_FULL_SIZE'] === '1'
/** Each record is an append of its own. */
const single = ['--linger', '0', '--batch-size', '1']
const longestWaitMs = 30_000

/** A server on the directory of a log; gone with the test at the latest. */
function serve(log: BinaryLog, ...flags: string[]): Promise<ServeScene> {
  return ServeScene.start(flags, log.directory)
}

describe('commands and a server in one directory', () => {
  test.each<[string, NodeJS.Signals | undefined]>([
    ['a server that stays', undefined],
    ['a server that is killed and started again', 'SIGKILL'],
    ['a server that is ended in order and started again', 'SIGTERM'],
  ])('sixteen that append one record after the other interleave nothing: %s', async (_, signal) => {
    const count = isFullSize ? 5000 : 150
    const log = new BinaryLog()
    log.done(['topics', 'create', 't'])
    let server = await serve(log)
    const start = performance.now()
    const runs = Array.from({ length: 16 }, (__, n) => produceLines(log, { name: `p${n}`, count, flags: single }))
    const done = Promise.all(runs)
    for (let round = 1; round <= 3 && signal !== undefined; round++) {
      await expect.poll(() => endOf(log), { timeout: 60_000 }).toBeGreaterThan(round * 3 * count)
      await server.stop(signal)
      server = await serve(log)
    }
    expect((await done).map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      runs.map(() => ({ code: 0, stderr: '' })),
    )
    console.log(`${16 * count} appends in ${Math.round(performance.now() - start)} ms`)
    const records = log.numbered('t')
    expect(records).toHaveLength(16 * count)
    expectOrderKept(records)
    await server.remove()
  })

  test('one that is stopped is waited for and never robbed; readers go on; once it is gone the next writer does at once', async () => {
    const log = new BinaryLog()
    const server = await serve(log)
    log.done(['produce', 't'], 'first\n')
    process.kill(server.pid, 'SIGSTOP')
    const start = performance.now()
    const { code, stderr } = log.run(['produce', 't'], 'second\n')
    expect({ code, lines: stderr.split('\n').length }).toEqual({ code: 75, lines: 2 })
    expect(performance.now() - start).toBeGreaterThan(longestWaitMs - 1000)
    expect(log.values('t')).toEqual(['first'])
    await server.stop('SIGKILL')
    const died = performance.now()
    log.done(['produce', 't'], 'third\n')
    // On a machine at rest it is a tenth of a second.
    expect(performance.now() - died).toBeLessThan(5000)
    expect(log.numbered('t')).toEqual([
      { offset: 0, value: 'first' },
      { offset: 1, value: 'third' },
    ])
  })

  test('a second server is refused while one is there, stopped or not', async () => {
    const log = new BinaryLog()
    const server = await serve(log)
    for (const signal of ['SIGCONT', 'SIGSTOP'] as const) {
      process.kill(server.pid, signal)
      const { code, stderr } = log.run(['serve', '--listen', '127.0.0.1:0'])
      expect({ code, stderr }).toEqual({ code: 6, stderr: expect.stringContaining('another tslog serve') })
    }
    await server.remove()
  })
})

describe('a server and Kafka', () => {
  const scene = new OracleScene()

  test('are never in one directory at the same time', async () => {
    const log = new BinaryLog()
    const server = await serve(log)
    log.done(['produce', 't'], 'first\n')
    expect(await scene.oracle.holdLock(log.path('.lock'))).toBeUndefined()
    await expect(scene.oracle.openDirectory(log.directory)).rejects.toThrow(/lock/i)
    expect(await server.stop('SIGTERM')).toBe(143)
    const lock = await scene.oracle.holdLock(log.path('.lock'))
    expect(lock).toBeDefined()
    const { code, stderr } = log.run(['serve', '--listen', '127.0.0.1:0'])
    expect({ code, stderr }).toEqual({ code: 6, stderr: expect.stringContaining('Kafka') })
    await lock?.[Symbol.asyncDispose]()
    // Kafka deletes the file of the lock; the next server makes it again.
    const next = await serve(log)
    expect(log.values('t')).toEqual(['first'])
    expect(await scene.oracle.holdLock(log.path('.lock'))).toBeUndefined()
    await next.remove()
  })
})

const unshare = ['-Urpnm', '--fork']
const canUnshare = toolOrSkip('unshare') !== undefined && spawnSync('unshare', [...unshare, 'true']).status === 0
if (!canUnshare) console.log('no namespaces can be made here: what is locked across them is not tried')

describe.skipIf(!canUnshare)('in namespaces of their own, of processes, networks and mounts', () => {
  const inside = (log: BinaryLog, words: string): ReturnType<typeof spawn> => {
    const env = { ...process.env, tslog: builtBinary(), TSLOG_DIR: log.directory }
    return spawn('unshare', [...unshare, 'sh', '-c', words], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  }
  const lines = (name: string): string => `seq -f '${name} %.0f' 0 299 | "$tslog" produce t ${single.join(' ')}`

  test.each(['at rest', 'under a server'])('commands interleave nothing: %s', async (how) => {
    const log = new BinaryLog()
    log.done(['topics', 'create', 't'])
    const server = how === 'at rest' ? undefined : await serve(log)
    const within = [0, 1, 2, 3].map((n) => once(inside(log, lines(`in${n}`)), 'exit'))
    const beside = [0, 1].map((n) => produceLines(log, { name: `out${n}`, count: 300, flags: single }))
    expect((await Promise.all(within)).map(([code]) => code as number)).toEqual([0, 0, 0, 0])
    expect((await Promise.all(beside)).map(({ code }) => code)).toEqual([0, 0])
    const records = log.numbered('t')
    expect(records).toHaveLength(6 * 300)
    expectOrderKept(records)
    await server?.remove()
  })

  test('a second server is refused', async () => {
    const log = new BinaryLog()
    const server = await serve(log)
    const [code] = (await once(inside(log, '"$tslog" serve --listen 127.0.0.1:0'), 'exit')) as [number]
    expect(code).toBe(6)
    await server.remove()
  })
})

/** Records of the topic so far. */
function endOf(log: BinaryLog): number {
  const { code, stdout } = log.run(['offsets', 't'])
  return code === 0 ? Number(stdout.toString().trim().split('\t')[3]) : 0
}
