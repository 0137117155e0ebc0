import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BinaryRunner, ended, outcome } from '../support/binary-runner.ts'
import { builtBinary } from '../support/built-binary.ts'
import { runBinary } from '../support/run-binary.ts'
import { ServeScene } from './serve-scene.ts'

describe('a directory, whether a server holds it or not', () => {
  let tslog: BinaryRunner
  const children: ChildProcess[] = []

  beforeEach(() => {
    tslog = new BinaryRunner(mkdtempSync(join(tmpdir(), 'tslog-one-address-')))
  })

  afterEach(async () => {
    for (const child of children.splice(0)) await ended(child, 'SIGKILL')
    rmSync(tslog.directory, { recursive: true, force: true })
  })

  const serve = (): Promise<ServeScene> => ServeScene.start([], tslog.directory)

  /** A producer that reads the numbers from 1 on for as long as it is not told to stop. */
  const counting = (...flags: string[]): { child: ChildProcess; stop(): Promise<number> } => {
    const child = tslog.start(['produce', 'numbers', '--rate', '20000/s', '--json', ...flags])
    const numbers = spawn('seq', ['1', '100000000'], { stdio: ['ignore', 'pipe', 'ignore'] })
    numbers.stdout.pipe(child.stdin ?? process.stdout)
    numbers.stdout.on('error', () => undefined)
    children.push(child, numbers)
    const done = outcome(child)
    const stop = async (): Promise<number> => {
      child.kill('SIGTERM')
      const { code, stdout, stderr } = await done
      numbers.kill('SIGKILL')
      expect([code, stderr]).toEqual([143, expect.not.stringContaining('cannot')])
      return (JSON.parse(stdout.toString()) as { records: number }).records
    }
    return { child, stop }
  }

  const endOf = (topic: string): number => {
    const { code, stdout } = tslog.run(['offsets', topic])
    return code === 0 ? Number(stdout.toString().trim().split('\t')[3]) : 0
  }

  /** Until the producer has come further, so that it has met what was done. */
  const progress = async (): Promise<void> => {
    const start = endOf('numbers')
    await expect.poll(() => endOf('numbers'), { timeout: 30_000, interval: 20 }).toBeGreaterThan(start + 2_000)
  }

  const numbersFrom1 = (count: number): string => Array.from({ length: count }, (_, n) => `${n + 1}\n`).join('')

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'a producer and a follower go on while a server comes, and goes with %s, without a lost or doubled record',
    async (signal) => {
      const producer = counting()
      await progress()
      const follower = tslog.start(['consume', 'numbers', '--follow'])
      children.push(follower)
      const followed = outcome(follower)
      for (let round = 0; round < 2; round++) {
        const server = await serve()
        // The first client that appends makes the server take the partition.
        const marker = spawn(builtBinary(), ['produce', 'numbers', '-p', '0', '-k', 'marker', '-b', server.address])
        marker.stdin.end('marker\n')
        expect((await outcome(marker)).code).toBe(0)
        await progress()
        await server.stop(signal)
        await progress()
      }
      const count = await producer.stop()
      const values = tslog.values('numbers').filter((value) => value !== 'marker')
      expect(values.map((value) => `${value}\n`).join('') === numbersFrom1(count)).toBe(true)
      expect(endOf('numbers')).toBe(count + 2)
      await expect.poll(() => endOf('numbers')).toBe(count + 2)
      follower.kill('SIGTERM')
      const lines = (await followed).stdout
        .toString()
        .split('\n')
        .filter((line) => line !== 'marker' && line !== '')
      expect(lines.length).toBeLessThanOrEqual(count)
      expect(lines).toEqual(values.slice(0, lines.length))
    },
  )

  test('a producer that begins under a server goes through it, and on into the files', async () => {
    const server = await serve()
    const producer = counting()
    await expect.poll(() => endOf('numbers'), { timeout: 30_000 }).toBeGreaterThan(0)
    await progress()
    await server.stop('SIGKILL')
    await progress()
    const count = await producer.stop()
    expect(
      tslog
        .values('numbers')
        .map((value) => `${value}\n`)
        .join('') === numbersFrom1(count),
    ).toBe(true)
  })

  test('a missing topic gets the partitions that its brokers give one, keys where they belong; by its directory one, as at rest', async () => {
    const server = await ServeScene.start(['--partitions', '3'], tslog.directory)
    const keyed = ['-K:', '-b', server.address]
    const lines = Array.from({ length: 20 }, (_, n) => `key-${n}:${n}\n`).join('')
    for (const [topic, ...more] of [['open'], ['given', '--partitions', '3']]) {
      const { code, stderr } = runBinary(['produce', topic ?? '', ...keyed, ...more], lines)
      expect([code, stderr]).toEqual([0, ''])
    }
    expect(runBinary(['topics', 'create', 'made', '-b', server.address]).code).toBe(0)
    tslog.produce('by-directory', ['a'])
    const places = (topic: string): string => tslog.done(['consume', topic, '-f', '%k %p\\n'])
    expect(places('open').split('\n').toSorted()).toEqual(places('given').split('\n').toSorted())
    const { topics } = JSON.parse(tslog.done(['topics', 'list', '--json'])) as {
      topics: readonly { readonly name: string; readonly partitions: number }[]
    }
    expect(topics.map(({ name, partitions }) => [name, partitions])).toEqual([
      ['by-directory', 1],
      ['given', 3],
      ['made', 3],
      ['open', 3],
    ])
    await server.stop()
  })

  test('topics are administrated through the server, which knows of it at once', async () => {
    const server = await serve()
    tslog.done(['topics', 'create', 'made', '--partitions', '2'])
    tslog.done(['topics', 'alter', 'made', '--config', 'retention.ms=7200000'])
    tslog.produce('made', ['a', 'b', 'c'], '-p', '1')
    tslog.done(['topics', 'trim', 'made', '-p', '1', '-o', '2', '--yes'])
    expect(tslog.values('made')).toEqual(['c'])
    await expect.poll(() => server.log).toContain('topic altered')
    tslog.done(['topics', 'delete', 'made', '--yes'])
    expect(tslog.done(['topics', 'list'])).toBe('')
    await server.stop()
    expect(tslog.run(['consume', 'made']).code).toBe(3)
  })
})
