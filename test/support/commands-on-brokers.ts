import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtBinary } from './built-binary.ts'
import { ended, outcome } from './binary-runner.ts'
import type { BinaryRun } from './run-binary.ts'

/** Brokers that answer at an address. */
export interface RunningBrokers {
  /** `host:port`. */
  readonly bootstrap: string
  stop(): Promise<unknown>
}

/** What every command does with `-b`, whichever broker is there: the same tests for Apache Kafka and for `tslog serve`. */
export function commandsOnBrokers(name: string, start: () => Promise<RunningBrokers>): void {
  describe(`commands with -b on ${name}`, () => {
    const scene = new BrokersScene(start)
    beforeAll(() => scene.start())
    afterAll(() => scene.stop())
    recordsOn(scene)
    topicsOn(scene)
    groupsOn(scene)
  })
}

function recordsOn(scene: BrokersScene): void {
  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'lines come back as they went in, compressed with %s',
    async (codec) => {
      const lines = Array.from({ length: 30_000 }, (_, n) => `line ${n} ${'x'.repeat(n % 300)}\n`).join('')
      const topic = `lines-${codec}`
      const summary = JSON.parse(await scene.done(['produce', topic, '-z', codec, '--json'], lines)) as object
      expect(summary).toMatchObject({
        topic,
        records: 30_000,
        partitions: [{ partition: 0, firstOffset: 0, lastOffset: 29_999 }],
      })
      expect((await scene.done(['consume', topic])) === lines).toBe(true)
    },
  )

  test('keys, headers, nulls and times come back', async () => {
    await scene.done(['produce', 'rich', '-K:', '-Z', '-H', 'a=1', '--timestamp', '1700000000000'], 'k1:v1\nk2:\n')
    expect(await scene.done(['consume', 'rich', '-f', '%k|%s|%S|%h|%T\\n'])).toBe(
      'k1|v1|2|a=1|1700000000000\nk2||-1|a=1|1700000000000\n',
    )
  })

  test('a record is found by offset, by time and from the end', async () => {
    for (const [at, value] of [
      [1_000, 'one'],
      [2_000, 'two'],
      [3_000, 'three'],
    ] as const) {
      await scene.done(['produce', 'times', '--timestamp', String(1_700_000_000_000 + at)], `${value}\n`)
    }
    expect(await scene.done(['consume', 'times', '-o', '1', '-c', '1'])).toBe('two\n')
    expect(await scene.done(['consume', 'times', '-o', 's@1700000002500'])).toBe('three\n')
    expect(await scene.done(['consume', 'times', '-o', '-2'])).toBe('two\nthree\n')
    expect(await scene.done(['tail', 'times', '-n', '1', '--no-follow'])).toBe('three\n')
    expect(await scene.done(['offsets', 'times'])).toBe('times\t0\t0\t3\n')
    expect(await scene.run(['consume', 'times', '-o', '7'])).toMatchObject({ code: 3 })
  })

  test('what is written is followed', async () => {
    await scene.done(['produce', 'followed', '--partitions', '3', '-p', '2'], 'before\n')
    const { lines } = scene.following(['tail', 'followed'])
    await expect.poll(() => lines, { timeout: 20_000 }).toEqual(['before'])
    await scene.done(['produce', 'followed', '-p', '0'], 'first\n')
    await scene.done(['produce', 'followed', '-p', '1'], 'second\n')
    await expect.poll(() => lines, { timeout: 20_000 }).toEqual(['before', 'first', 'second'])
  })
}

function topicsOn(scene: BrokersScene): void {
  test('topics are made, described, changed, trimmed and deleted', async () => {
    await scene.done(['topics', 'create', 'admin', '-q', '--partitions', '2', '--config', 'retention.ms=3600000'])
    expect(await scene.run(['topics', 'create', 'admin', '--partitions', '2'])).toMatchObject({ code: 1 })
    await scene.done(['topics', 'alter', 'admin', '-q', '--partitions', '3', '--config', 'cleanup.policy=compact'])
    const [described] = (
      JSON.parse(await scene.done(['topics', 'describe', 'admin', '--json'])) as { topics: unknown[] }
    ).topics
    expect(described).toMatchObject({ name: 'admin', partitions: [{}, {}, {}] })
    const configs = (described as { configs: { name: string; value: string; isDefault: boolean }[] }).configs
    expect(configs.filter(({ isDefault }) => !isDefault).map(({ name, value }) => [name, value])).toEqual([
      ['cleanup.policy', 'compact'],
      ['retention.ms', '3600000'],
    ])
    await scene.done(['topics', 'alter', 'admin', '-q', '--delete-config', 'cleanup.policy'])
    await scene.done(['produce', 'admin', '-p', '1'], 'a\nb\nc\n')
    await scene.done(['topics', 'trim', 'admin', '-q', '-p', '1', '-o', '2', '--yes'])
    expect(await scene.done(['consume', 'admin'])).toBe('c\n')
    await scene.done(['topics', 'delete', 'admin', '-q', '--yes'])
    expect((await scene.done(['topics', 'list'])).split('\n')).not.toContain('admin')
    expect(await scene.run(['consume', 'admin'])).toMatchObject({ code: 3 })
  })

  test('says what is not there, and where nobody answers', async () => {
    const missing = await scene.run(['consume', 'lines-nne'])
    expect(missing).toMatchObject({ code: 3 })
    expect(missing.stderr).toContain('did you mean lines-none?')
    expect(await scene.run(['produce', 'unmade', '--no-create'], 'x\n')).toMatchObject({ code: 3 })
    const nobody = await runBeside(['topics', 'list', '-b', '127.0.0.1:1'], '')
    expect(nobody).toMatchObject({ code: 75 })
    expect(nobody.stderr).toContain('cannot connect to 127.0.0.1:1: connection refused')
  })
}

function groupsOn(scene: BrokersScene): void {
  test('a group goes on where it stopped, is described, reset and deleted', async () => {
    await scene.done(['produce', 'read', '-p', '0'], '1\n2\n3\n')
    expect(await scene.done(['consume', 'read', '-g', 'nightly', '-c', '2'])).toBe('1\n2\n')
    expect(await scene.done(['consume', 'read', '-g', 'nightly'])).toBe('3\n')
    expect((await scene.done(['groups', 'list'])).split('\n')).toContain('nightly')
    expect((await scene.done(['groups', 'describe', 'nightly'])).split('\t').slice(0, 6)).toEqual([
      'nightly',
      'read',
      '0',
      '3',
      '3',
      '0',
    ])
    await scene.done(['groups', 'reset', 'nightly', '-q', '--to-offset', '1', '--yes'])
    expect(await scene.done(['consume', 'read', '-g', 'nightly'])).toBe('2\n3\n')
    await scene.done(['groups', 'delete', 'nightly', '-q', '--yes'])
    expect(await scene.run(['groups', 'describe', 'nightly'])).toMatchObject({ code: 3 })
  })

  test('two consumers of a group share the partitions, and the one that stays takes them all over', async () => {
    await scene.done(['topics', 'create', 'shared', '-q', '--partitions', '4'])
    const words = ['consume', 'shared', '-g', 'sharers', '--follow', '--commit', 'every:100ms', '-f', '%p\\n']
    const one = scene.following(words)
    const other = scene.following(words)
    const produce = async (): Promise<void> => {
      for (const partition of ['0', '1', '2', '3']) await scene.done(['produce', 'shared', '-p', partition], 'x\n')
    }
    // Once both have been assigned some, each sees some of every round.
    await expect
      .poll(
        async () => {
          const before = [one.lines.length, other.lines.length] as const
          await produce()
          return one.lines.length > before[0] && other.lines.length > before[1]
        },
        { timeout: 45_000, interval: 500 },
      )
      .toBe(true)
    one.child.kill('SIGTERM')
    await once(one.child, 'exit')
    const start = other.lines.length
    await produce()
    await expect.poll(() => new Set(other.lines.slice(start)).size, { timeout: 30_000, interval: 100 }).toBe(4)
  })
}

/** A command that goes on beside the test, and the lines that it has printed. */
interface Following {
  readonly child: ChildProcess
  readonly lines: readonly string[]
}

/** Brokers, and the shipped binary at work on them. The event loop turns meanwhile: it empties the pipe that a broker logs into. */
class BrokersScene {
  readonly #startBrokers: () => Promise<RunningBrokers>
  readonly #children: ChildProcess[] = []
  #brokers: RunningBrokers | undefined

  constructor(startBrokers: () => Promise<RunningBrokers>) {
    this.#startBrokers = startBrokers
  }

  async start(): Promise<void> {
    this.#brokers = await this.#startBrokers()
  }

  async stop(): Promise<void> {
    for (const child of this.#children) await ended(child, 'SIGKILL')
    await this.#brokers?.stop()
  }

  run(words: readonly string[], input = ''): Promise<BinaryRun> {
    return runBeside(this.#withBrokers(words), input)
  }

  /** Runs a command that must end well and say nothing beside its results. */
  async done(words: readonly string[], input = ''): Promise<string> {
    const { code, stdout, stderr } = await this.run(words, input)
    expect([code, stderr]).toEqual([0, ''])
    return stdout.toString()
  }

  following(words: readonly string[]): Following {
    const child = started(this.#withBrokers(words))
    const lines: string[] = []
    let rest = ''
    child.stdout?.on('data', (data: Buffer) => {
      const parts = (rest + data.toString()).split('\n')
      rest = parts.pop() ?? ''
      lines.push(...parts)
    })
    this.#children.push(child)
    return { child, lines }
  }

  #withBrokers(words: readonly string[]): string[] {
    if (this.#brokers === undefined) throw new Error('no broker was started')
    return [...words, '-b', this.#brokers.bootstrap]
  }
}

function started(words: readonly string[]): ChildProcess {
  const { PATH, HOME } = process.env
  return spawn(builtBinary(), words, { env: { PATH, HOME } })
}

function runBeside(words: readonly string[], input: string): Promise<BinaryRun> {
  const child = started(words)
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(input)
  return outcome(child)
}
