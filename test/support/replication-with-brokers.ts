import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ReplicaScene } from '../replication/replica-scene.ts'
import type { RunningBrokers } from './commands-on-brokers.ts'
import { runBinary } from './run-binary.ts'

/** What `tslog replicate` does with brokers, whichever they are. */
export function replicationWithBrokers(name: string, start: () => Promise<RunningBrokers>): void {
  describe(`replication with ${name}`, () => {
    let brokers: RunningBrokers
    beforeAll(async () => {
      brokers = await start()
    })
    afterAll(() => brokers.stop())

    const onBrokers = (words: readonly string[], input = ''): string => {
      const run = runBinary([...words, '-b', brokers.bootstrap], input)
      if (run.code !== 0) throw new Error(run.stderr)
      return run.stdout.toString()
    }
    const everything = ['-f', '%o|%T|%k|%s|%S|%h\\n']

    test('a topic comes into a directory as it is, and then what is missing', () => {
      const scene = new ReplicaScene()
      const lines = (from: number): string =>
        Array.from({ length: 5000 }, (_, n) => `k${n}:value ${from + n}\n`).join('')
      onBrokers(['topics', 'create', 'pulled', '--config', 'retention.ms=-1'])
      onBrokers(['produce', 'pulled', '-K:', '-H', 'a=1', '-z', 'zstd'], lines(0))
      const pull = (): ReturnType<typeof runBinary> =>
        scene.copy.run(['replicate', 'pulled', '--json', '--from', `kafka://${brokers.bootstrap}`])
      expect(pull()).toMatchObject({ code: 0, stderr: '' })
      expect(scene.copy.done(['consume', 'pulled', ...everything])).toBe(
        onBrokers(['consume', 'pulled', ...everything]),
      )
      onBrokers(['produce', 'pulled', '-K:'], lines(5000))
      const second = JSON.parse(pull().stdout.toString()) as { records: number }
      expect(second.records).toBe(5000)
      expect(scene.copy.done(['consume', 'pulled', ...everything])).toBe(
        onBrokers(['consume', 'pulled', ...everything]),
      )
      expect(JSON.parse(pull().stdout.toString())).toMatchObject({ records: 0, bytes: 0 })
      const back = scene.copy.run(['replicate', 'pulled', `kafka://${brokers.bootstrap}`])
      expect(back).toMatchObject({ code: 1, stderr: expect.stringContaining('is this very topic') as string })
      expect(scene.copy.run(['verify']).code).toBe(0)
    })

    test('records go out once, at offsets of the cluster, whatever became of the run before', () => {
      const scene = new ReplicaScene()
      const values = (count: number, prefix: string): string[] =>
        Array.from({ length: count }, (_, n) => `k${n}:${prefix}${n}`)
      scene.source.produce('pushed', values(3000, 'first '), '-K:', '-H', 'a=1', '--partitions', '2')
      const push = (): ReturnType<typeof runBinary> =>
        scene.source.run(['replicate', 'pushed', '--json', `kafka://${brokers.bootstrap}`])
      const noted = join(scene.source.directory, 'tslog-pushed.json')
      expect(push()).toMatchObject({ code: 0, stderr: '' })
      const early = readFileSync(noted)
      onBrokers(['produce', 'pushed', '-p', '0'], 'of somebody else\n')
      scene.source.produce('pushed', values(2000, 'second '), '-K:')
      expect(JSON.parse(push().stdout.toString())).toMatchObject({ records: 2000 })
      // As if the run had been killed before it could note how far it was.
      writeFileSync(noted, early)
      scene.source.produce('pushed', ['last:one'], '-K:')
      expect(push()).toMatchObject({ code: 0, stderr: '' })
      const partition = (n: number): string[] => ['consume', 'pushed', '-p', String(n), '-f', '%T|%k|%s|%h\\n']
      for (const n of [0, 1]) {
        const there = onBrokers(partition(n))
          .split('\n')
          .filter((line) => !line.includes('somebody'))
        expect(there).toEqual(scene.source.done(partition(n)).split('\n'))
      }
    })

    test('records go out once also from runs at the same time', async () => {
      const scene = new ReplicaScene()
      const values = Array.from({ length: 15_000 }, (_, n) => `value ${n}`)
      scene.source.produce('together', values, '--partitions', '2', '--partitioner', 'round-robin')
      onBrokers(['topics', 'create', 'together', '--partitions', '2'])
      const runs = [1, 2, 3].map(async () => {
        const child = scene.source.start(['replicate', 'together', `kafka://${brokers.bootstrap}`])
        const [code] = (await once(child, 'exit')) as [number]
        return code
      })
      expect(await Promise.all(runs)).toEqual([0, 0, 0])
      const sent = onBrokers(['consume', 'together']).split('\n').slice(0, -1)
      expect(sent).toHaveLength(values.length)
      expect(new Set(sent)).toEqual(new Set(values))
    })

    test('what the cluster does not take is told as its own', () => {
      const scene = new ReplicaScene()
      scene.source.produce('unkeyed', ['a', 'b'])
      onBrokers(['topics', 'create', 'unkeyed', '--config', 'cleanup.policy=compact'])
      const run = scene.source.run(['replicate', 'unkeyed', `kafka://${brokers.bootstrap}`])
      expect(run.code).toBe(1)
      expect(run.stderr).toMatch(
        new RegExp(`^tslog: ${brokers.bootstrap}: cannot append to unkeyed-0: .*\n  .*describe unkeyed`),
      )
    })

    test('a source that is not what was sent any more sends nothing, until it is told to', () => {
      const scene = new ReplicaScene()
      const values = (count: number, prefix: string): string[] => Array.from({ length: count }, (_, n) => prefix + n)
      const push = (...flags: string[]): ReturnType<typeof runBinary> =>
        scene.source.run(['replicate', 'remade', '--json', ...flags, `kafka://${brokers.bootstrap}`])
      scene.source.produce('remade', values(100, 'old '), '--config', 'message.timestamp.type=LogAppendTime')
      expect(push()).toMatchObject({ code: 0, stderr: '' })
      scene.source.done(['topics', 'delete', 'remade', '--yes'])
      scene.source.produce('remade', values(150, 'new '))
      const refused = push()
      expect(refused.code).toBe(5)
      expect(refused.stderr).toContain('nothing was sent')
      expect(push('-p', '3').code).toBe(3)
      expect(onBrokers(['consume', 'remade'])).toBe(values(100, 'old ').join('\n') + '\n')
      const { records } = JSON.parse(push('--overwrite-diverged', '--yes').stdout.toString()) as { records: number }
      expect(records).toBe(150)
      scene.source.produce('remade', values(20, 'trimmed '))
      scene.source.done(['topics', 'trim', 'remade', '-o', '165', '--yes'])
      expect(JSON.parse(push().stdout.toString())).toMatchObject({ records: 5 })
      expect(JSON.parse(push().stdout.toString())).toMatchObject({ records: 0 })
      const sent = onBrokers(['consume', 'remade', '-o', '250', '-f', '%T %s\\n'])
      expect(sent).toBe(scene.source.done(['consume', 'remade', '-f', '%T %s\\n']))
    })
  })
}
