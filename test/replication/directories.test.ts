import { cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ServeScene } from '../broker/serve-scene.ts'
import type { BinaryRun } from '../support/run-binary.ts'
import { lines, ReplicaScene } from './replica-scene.ts'

const small = ['--config', 'segment.bytes=20000', '--batch-size', '2000']

interface JsonReport {
  readonly bytes: number
  readonly records: number
  readonly partitions: readonly { fromOffset: number; toOffset: number; cutTo?: number }[]
}

describe('a copy from directory to directory', () => {
  test('has the same bytes in every file, and the same topic', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(5000), ...small, '--partitions', '2', '--config', 'retention.ms=-1')
    expect(scene.replicate('app')).toMatchObject({ code: 0, stderr: '' })
    for (const partition of ['app-0', 'app-1']) {
      expect(scene.filesOf(scene.copy, partition)).toEqual(scene.filesOf(scene.source, partition))
    }
    const described = (side: typeof scene.copy): unknown =>
      JSON.parse(side.done(['topics', 'describe', 'app', '--json']))
    expect(described(scene.copy)).toEqual(described(scene.source))
  })

  test('is not the log directory itself, whatever it is called', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(3))
    symlinkSync(scene.source.directory, scene.copy.directory)
    expect(scene.replicate('app')).toMatchObject({ code: 2, stderr: expect.stringContaining('itself') as string })
  })

  test('gets only what is missing', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(5000), ...small)
    scene.replicate('app')
    scene.source.produce('app', lines(10, 'more-'))
    const report = JSON.parse(scene.replicate('app', '--json').stdout.toString()) as JsonReport
    expect(report).toMatchObject({ records: 10, partitions: [{ fromOffset: 5000, toOffset: 5010 }] })
    expect(report.bytes).toBeLessThan(500)
    expect(scene.filesOf(scene.copy, 'app-0')).toEqual(scene.filesOf(scene.source, 'app-0'))
    const nothing = JSON.parse(scene.replicate('app', '--json').stdout.toString()) as JsonReport
    expect(nothing).toMatchObject({ records: 0, bytes: 0 })
  })

  test('is pulled with --from, and patterns and --all name topics', () => {
    const scene = new ReplicaScene()
    for (const topic of ['app-a', 'app-b', 'other']) scene.source.produce(topic, lines(3))
    const pull = (...words: string[]): BinaryRun =>
      scene.copy.run(['replicate', ...words, scene.source.directory, '--from'])
    expect(pull('app-*')).toMatchObject({ code: 0, stderr: '' })
    expect(scene.copy.done(['topics', 'list'])).toBe('app-a\napp-b\n')
    expect(pull('ap-*', 'other')).toMatchObject({ code: 0, stderr: "tslog: no topic matches 'ap-*'\n" })
    expect(pull('--all')).toMatchObject({ code: 0, stderr: '' })
    expect(scene.copy.values('other')).toEqual(lines(3))
  })

  test('of some partitions leaves the others empty', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(1000), ...small, '--partitions', '3', '--partitioner', 'round-robin')
    scene.replicate('app', '-p', '1')
    expect(scene.copy.values('app', '-p', '1')).toEqual(scene.source.values('app', '-p', '1'))
    expect(scene.copy.values('app', '-p', '0')).toEqual([])
  })

  test('of partitions that no topic has is an error', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(1))
    expect(scene.replicate('app', '-p', '7')).toMatchObject({ code: 3 })
  })

  test('goes through the server that holds its directory, from wherever it comes', async () => {
    const scene = new ReplicaScene()
    const serve = await ServeScene.start([], scene.copy.directory)
    onTestFinished(() => serve.remove())
    scene.source.produce('app', lines(3000), '--config', 'segment.bytes=9000', '--batch-size', '1000')
    expect(scene.copy.run(['consume', 'app']).code).toBe(3)
    expect(scene.replicate('app')).toMatchObject({ code: 0, stderr: '' })
    expect(scene.copy.values('app')).toEqual(lines(3000))
    const bundle = `bundle:${join(scene.home, 'app.bundle')}`
    scene.source.produce('app', ['late'])
    expect(scene.source.run(['replicate', 'app', bundle])).toMatchObject({ code: 0 })
    scene.source.produce('app', ['later'])
    const since = `bundle:${join(scene.home, 'since.bundle')}`
    const words = ['replicate', 'app', since, '--since', join(scene.home, 'app.bundle')]
    expect(scene.source.run(words)).toMatchObject({ code: 0 })
    const gap = scene.copy.run(['replicate', 'app', '--from', since])
    expect([gap.code, gap.stderr]).toEqual([
      1,
      expect.stringContaining('what was made before it must be applied first'),
    ])
    for (const one of [bundle, since]) {
      expect(scene.copy.run(['replicate', 'app', '--from', one])).toMatchObject({ code: 0, stderr: '' })
    }
    expect(scene.filesOf(scene.copy, 'app-0')).toEqual(scene.filesOf(scene.source, 'app-0'))
  })

  test('carries the offsets of groups with --groups', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(10))
    scene.source.done(['consume', 'app', '-g', 'nightly', '-c', '4'])
    scene.replicate('app', '--groups')
    const positions = (side: typeof scene.copy): string[] =>
      side.done(['groups', 'describe', 'nightly']).split('\t').slice(0, 6)
    expect(positions(scene.copy)).toEqual(positions(scene.source))
    expect(positions(scene.copy)[3]).toBe('4')
  })

  test('makes nothing in a dry run', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(10))
    const planned = scene.replicate('app', '-n')
    expect(planned).toMatchObject({ code: 0, stderr: '' })
    expect(planned.stdout.toString()).toMatch(/^app\t0\t0\t10\t\d+\t\t\n$/)
    expect(scene.copy.run(['topics', 'list']).code).toBe(3)
  })
})

describe('what the source took away', () => {
  test('is deleted by the next run when the one before was killed between the trim and that', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(5000), ...small)
    scene.replicate('app')
    const partition = scene.copy.path('app-0')
    cpSync(partition, join(scene.home, 'before'), { recursive: true })
    scene.source.done(['topics', 'trim', 'app', '-o', '4000', '--yes'])
    expect(scene.replicate('app').code).toBe(0)
    for (const name of readdirSync(join(scene.home, 'before')).filter((one) => one.startsWith('0000'))) {
      if (!existsSync(join(partition, name))) cpSync(join(scene.home, 'before', name), join(partition, name))
    }
    expect(scene.filesOf(scene.copy, 'app-0')).not.toEqual(scene.filesOf(scene.source, 'app-0'))
    expect(scene.replicate('app').code).toBe(0)
    expect(scene.filesOf(scene.copy, 'app-0')).toEqual(scene.filesOf(scene.source, 'app-0'))
  })

  test('goes in the copy too, and stays with --keep', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(5000), ...small)
    scene.replicate('app')
    scene.source.done(['topics', 'trim', 'app', '-o', '4000', '--yes'])
    expect(scene.replicate('app', '--keep').code).toBe(0)
    expect(scene.copy.values('app')).toHaveLength(5000)
    expect(scene.replicate('app', '-n', '--keep').stdout.toString()).toBe('')
    expect(scene.replicate('app', '-n').stdout.toString()).toBe('app\t0\t5000\t5000\t0\t\t4000\n')
    expect(scene.replicate('app').code).toBe(0)
    expect(scene.copy.values('app')).toEqual(lines(5000).slice(4000))
    expect(scene.filesOf(scene.copy, 'app-0')).toEqual(scene.filesOf(scene.source, 'app-0'))
  })

  test('stays with --keep also where the copy parted from what is left there', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(60))
    scene.replicate('app')
    scene.copy.produce('app', lines(5, 'own-'))
    scene.source.produce('app', lines(5, 'more-'))
    scene.source.done(['topics', 'trim', 'app', '-o', '60', '--yes'])
    expect(scene.replicate('app', '--keep', '--overwrite-diverged', '--yes')).toMatchObject({ code: 0, stderr: '' })
    expect(scene.copy.values('app')).toEqual([...lines(60), ...lines(5, 'more-')])
    expect(scene.copy.run(['verify']).code).toBe(0)
  })

  test('and what compaction took out of closed segments', () => {
    const scene = new ReplicaScene()
    const keyed = (count: number, value: string): string[] => lines(count).map((_, n) => `k${n % 50}:${value}${n}`)
    const compacted = ['--config', 'cleanup.policy=compact', '--config', 'min.cleanable.dirty.ratio=0']
    scene.source.produce('app', keyed(5000, 'a'), '-K:', ...small, ...compacted)
    scene.replicate('app')
    const before = scene.copy.values('app')
    scene.source.done(['compact', 'app'])
    scene.source.produce('app', keyed(100, 'b'), '-K:')
    expect(scene.replicate('app')).toMatchObject({ code: 0, stderr: '' })
    expect(scene.copy.numbered('app')).toEqual(scene.source.numbered('app'))
    expect(scene.copy.values('app').length).toBeLessThan(before.length / 2)
    expect(scene.filesOf(scene.copy, 'app-0')).toEqual(scene.filesOf(scene.source, 'app-0'))
    const report = JSON.parse(scene.replicate('app', '--json').stdout.toString()) as JsonReport
    expect(report).toMatchObject({ records: 0, bytes: 0 })
    expect(scene.copy.run(['verify']).code).toBe(0)
    // What is not there is no damage of the copy either once the topic is not compacted any more.
    scene.source.done(['topics', 'alter', 'app', '--config', 'cleanup.policy=delete'])
    scene.replicate('app')
    expect(scene.copy.run(['verify'])).toMatchObject({ code: 0 })
    rmSync(scene.copy.directory, { recursive: true })
    scene.replicate('app')
    expect(scene.copy.run(['verify'])).toMatchObject({ code: 0 })
  })

  test('and what recompression made of closed segments, also of those that the copy ends in', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(2000), ...small, '--config', 'retention.ms=-1')
    scene.replicate('app')
    scene.source.produce('app', lines(2000, 'more-'))
    scene.source.done(['retention', '--recompress', 'zstd'])
    expect(scene.replicate('app')).toMatchObject({ code: 0, stderr: '' })
    expect(scene.filesOf(scene.copy, 'app-0')).toEqual(scene.filesOf(scene.source, 'app-0'))
  })

  test('may be all that the copy had: it begins anew, or goes on behind a gap', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(1000), ...small)
    scene.replicate('app')
    scene.source.produce('app', lines(4000, 'more-'))
    scene.source.done(['topics', 'trim', 'app', '-o', '3000', '--yes'])
    expect(scene.replicate('app', '--keep').code).toBe(0)
    expect(scene.copy.run(['verify'])).toMatchObject({ code: 0 })
    // The batch that the source's log starts in comes whole.
    const kept = scene.copy.numbered('app').filter(({ offset }) => offset < 1000 || offset >= 3000)
    expect(kept.map(({ value }) => value)).toEqual([...lines(1000), ...lines(4000, 'more-').slice(2000)])
    rmSync(scene.copy.directory, { recursive: true })
    expect(scene.replicate('app').code).toBe(0)
    expect(scene.copy.numbered('app')).toEqual(scene.source.numbered('app'))
  })
})

describe('a copy that has diverged', () => {
  test.each([
    { where: 'appended on its own', own: 20, source: 0 },
    { where: 'and its source went on too', own: 20, source: 30 },
  ])('$where is left alone, and cut back with --overwrite-diverged', ({ own, source }) => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(1000), ...small)
    scene.replicate('app')
    scene.copy.produce('app', lines(own, 'own-'))
    if (source > 0) scene.source.produce('app', lines(source, 'source-'))
    const before = scene.copy.values('app')
    const refused = scene.replicate('app')
    expect(refused.code).toBe(5)
    expect(refused.stderr).toContain('have diverged')
    expect(refused.stderr).toContain('offset 1000')
    expect(scene.copy.values('app')).toEqual(before)
    expect(scene.replicate('app', '--overwrite-diverged').code).toBe(2)
    expect(scene.replicate('app', '--overwrite-diverged', '--yes', '-v')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('1 partition that had diverged cut back') as string,
    })
    expect(scene.filesOf(scene.copy, 'app-0')).toEqual(scene.filesOf(scene.source, 'app-0'))
  })

  test('within one epoch is found by its CRCs, at the very batch', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(3000), ...small)
    // Copied as files, which no write state tells of: both go on under the same epoch.
    cpSync(scene.source.directory, scene.copy.directory, { recursive: true })
    for (let i = 0; i < 5; i++) scene.copy.produce('app', lines(100, `own-${i}-`))
    for (let i = 0; i < 9; i++) scene.source.produce('app', lines(100, `source-${i}-`))
    expect(scene.replicate('app').stderr).toContain('they part at offset 3000')
    expect(scene.replicate('app', '--overwrite-diverged', '--yes').code).toBe(0)
    expect(scene.copy.numbered('app')).toEqual(scene.source.numbered('app'))
  })

  test('is another topic when its id is another one', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(3))
    scene.copy.produce('app', lines(5, 'own-'))
    const refused = scene.replicate('app')
    expect(refused).toMatchObject({ code: 5, stderr: expect.stringContaining('another topic') as string })
    const named = ['app', '-p', '0', '--overwrite-diverged', '--yes']
    scene.source.done(['topics', 'alter', 'app', '--partitions', '2'])
    expect(scene.replicate(...named)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not only those that are named') as string,
    })
    expect(scene.copy.values('app')).toEqual(lines(5, 'own-'))
    expect(scene.replicate('app', '--overwrite-diverged', '--yes').code).toBe(0)
    expect(scene.copy.values('app')).toEqual(lines(3))
  })

  test('writes its own records under an epoch of its own', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(3))
    scene.replicate('app')
    scene.copy.produce('app', ['own'])
    expect(readFileSync(join(scene.copy.directory, 'app-0', 'leader-epoch-checkpoint'), 'utf8')).toBe(
      '0\n2\n0 0\n1 3\n',
    )
  })
})
