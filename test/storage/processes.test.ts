import { describe, expect, test } from 'vitest'
import { LockTimeoutError } from '../../src/base/errors.ts'
import { systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { NodeFileSystem } from '../../src/disk/node-file-system.ts'
import { DirectoryStore } from '../../src/store/directory-store.ts'
import { batch } from '../support/batches.ts'
import { BinaryLog } from '../support/binary-log.ts'
import { ended, outcome } from '../support/binary-runner.ts'
import { expectOrderKept, killCycle, produceLines } from './many-producers.ts'
import { stoppedHolder } from './stopped-holder.ts'

// Every writer here is the shipped binary, in a process of its own.

describe('producers at the same time', () => {
  test('lose nothing, leave no gap in the offsets and keep the order of each', async () => {
    const log = new BinaryLog()
    const eager = ['--linger', '0', '--batch-size', '1']
    const runs = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        produceLines(log, { name: `p${n}`, count: 300, flags: n % 2 === 0 ? eager : [] }),
      ),
    )
    expect(runs.map(({ code, stderr }) => ({ code, stderr }))).toEqual(runs.map(() => ({ code: 0, stderr: '' })))
    const records = log.numbered('t')
    expect(records).toHaveLength(8 * 300)
    expectOrderKept(records)
  })

  test('keep to it while every few batches begin a new segment', async () => {
    const log = new BinaryLog()
    log.done(['topics', 'create', 't', '-c', 'segment.bytes=4096'])
    const flags = ['--linger', '0', '--batch-size', '200']
    const runs = await Promise.all(
      Array.from({ length: 4 }, (_, n) => produceLines(log, { name: `p${n}`, count: 300, flags })),
    )
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0])
    const records = log.numbered('t')
    expect(records).toHaveLength(4 * 300)
    expectOrderKept(records)
  })

  test('begin one and the same missing directory', async () => {
    for (let round = 0; round < 10; round++) {
      const log = new BinaryLog()
      const runs = await Promise.all(
        Array.from({ length: 8 }, (_, n) => produceLines(log, { name: `p${n}`, count: 3, flags: [] })),
      )
      expect(runs.map(({ code, stderr }) => ({ code, stderr }))).toEqual(runs.map(() => ({ code: 0, stderr: '' })))
      const records = log.numbered('t')
      expect(records).toHaveLength(24)
      expectOrderKept(records)
    }
  })

  test(
    'that are killed at any moment leave a log that the next command works on at once',
    { timeout: 60_000 },
    async () => {
      const log = new BinaryLog()
      log.done(['topics', 'create', 't', '-c', 'segment.bytes=65536'])
      for (let cycle = 0; cycle < 15; cycle++) {
        const { nextCommandMs } = await killCycle(log, { cycle, producers: 3, killAfterMs: Math.random() * 120 })
        // A lock that is held is waited for for 30 s.
        expect(nextCommandMs).toBeLessThan(10_000)
      }
      expectOrderKept(log.numbered('t'))
    },
  )
})

describe('a producer that is stopped in the midst of its turn', () => {
  test('is waited for, then reported, and its lock never stolen; once it is gone, others go on', async () => {
    const log = new BinaryLog()
    log.done(['produce', 't'], 'first\n')
    const holder = await stoppedHolder(log)
    const store = openStore(log.directory)
    const appender = await store.openAppender('t')
    const append = async () =>
      appender.append(0, { bytes: batch({ values: ['after'] }), durability: 'never', moreFollows: false })
    const began = Date.now()
    await expect(append()).rejects.toThrow(LockTimeoutError)
    expect(Date.now() - began).toBeGreaterThanOrEqual(300)
    await ended(holder, 'SIGKILL')
    await append()
    store.close()
    const records = log.numbered('t')
    expect(records.map(({ offset }) => offset)).toEqual(records.map((_, at) => at))
    expect(records.at(-1)?.value).toBe('after')
  })

  test('loses nothing when it is woken', async () => {
    const log = new BinaryLog()
    log.done(['produce', 't'], 'first\n')
    const holder = await stoppedHolder(log)
    const waiting = produceLines(log, { name: 'w', count: 5, flags: [] })
    holder.kill('SIGCONT')
    expect((await waiting).code).toBe(0)
    await ended(holder, 'SIGTERM')
    const records = log.numbered('t')
    expect(records.map(({ offset }) => offset)).toEqual(records.map((_, at) => at))
    expect(records.filter(({ value }) => value.startsWith('w '))).toHaveLength(5)
  })

  test('hinders no reader', async () => {
    const log = new BinaryLog()
    log.done(['produce', 't'], 'first\n')
    await stoppedHolder(log)
    expect(log.values('t', '-c', '1')).toEqual(['first'])
  })
})

describe('a reader that follows', () => {
  test('sees each record once, in order, while producers append, roll and trim', async () => {
    const log = new BinaryLog()
    log.done(['topics', 'create', 't', '-c', 'segment.bytes=2000'])
    const reader = log.start(['consume', 't', '--follow', '-f', '%o %s\\n', '-u'])
    let text = ''
    reader.stdout?.on('data', (data: Buffer) => (text += data.toString()))
    const producers = Array.from({ length: 3 }, (_, n) =>
      produceLines(log, { name: `p${n}`, count: 300, flags: ['--linger', '0', '--batch-size', '50'] }),
    )
    await Promise.all(producers)
    await expect.poll(() => text.split('\n').length - 1, { timeout: 10_000 }).toBe(900)
    // What was read may go: the reader stands behind it.
    log.done(['topics', 'trim', 't', '-o', '900', '--yes'])
    await produceLines(log, { name: 'late', count: 20, flags: [] })
    await expect.poll(() => text.split('\n').length - 1, { timeout: 10_000 }).toBe(920)
    await ended(reader, 'SIGTERM')
    const records = text
      .split('\n')
      .slice(0, -1)
      .map((line) => ({ offset: Number(line.split(' ', 1)[0]), value: line.slice(line.indexOf(' ') + 1) }))
    expectOrderKept(records)
  })

  test('goes on at the new start when what it stands before is trimmed, and never back', async () => {
    const log = new BinaryLog()
    log.done(['topics', 'create', 't', '-c', 'segment.bytes=1000'])
    const reader = log.start(['consume', 't', '--follow', '-f', '%o\\n', '-u'])
    let text = ''
    reader.stdout?.on('data', (data: Buffer) => (text += data.toString()))
    const producer = produceLines(log, { name: 'p', count: 400, flags: ['--linger', '0', '--batch-size', '50'] })
    for (let n = 0; n < 6; n++) log.run(['topics', 'trim', 't', '-o', 'end', '--yes'])
    expect((await producer).code).toBe(0)
    log.done(['produce', 't'], 'the last\n')
    await expect.poll(() => text.endsWith('\n400\n'), { timeout: 10_000 }).toBe(true)
    await ended(reader, 'SIGTERM')
    const offsets = text.split('\n').slice(0, -1).map(Number)
    expect(offsets).toEqual([...new Set(offsets)].toSorted((a, b) => a - b))
  })
})

test('a producer whose topic is deleted fails and says why', async () => {
  const log = new BinaryLog()
  const producer = log.start(['produce', 't', '--no-create'])
  const result = outcome(producer)
  log.done(['topics', 'create', 't'])
  await ended(producer)
  expect(await result).toMatchObject({ code: 3 })

  const second = log.start(['produce', 't'])
  const end = outcome(second)
  second.stdin?.write('first\n')
  await expect.poll(() => log.values('t'), { timeout: 10_000 }).toEqual(['first'])
  log.done(['topics', 'delete', 't', '--yes'])
  second.stdin?.write('second\n')
  const { code, stderr } = await end
  expect(code).not.toBe(0)
  expect(stderr).toMatch(/^tslog: .*deleted/m)
})

function openStore(path: string): DirectoryStore {
  return new DirectoryStore({
    fileSystem: new NodeFileSystem(),
    clock: systemClock,
    random: systemRandom,
    path,
    lockWaitMs: 300,
  })
}
