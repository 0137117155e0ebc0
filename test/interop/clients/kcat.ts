import { type ChildProcess, spawn } from 'node:child_process'
import { outcome } from '../../support/binary-runner.ts'
import { KcatReader } from './kcat-reader.ts'
import { shared, until, woken } from './members.ts'
import { LibraryClient, type TriedClient } from './tried-client.ts'

interface Topic {
  readonly topic: string
  readonly values?: readonly string[]
  readonly codec?: string
  readonly idempotent?: boolean
  readonly count?: number
  readonly start?: number
  readonly time?: number
}

/** kcat, which is librdkafka. */
export function kcat(bootstrap: string, settings: Readonly<Record<string, string>> = {}): TriedClient {
  const common = Object.entries(settings).flatMap(([key, value]) => ['-X', `${key}=${value}`])
  const started = (words: readonly string[]): ChildProcess => spawn('kcat', ['-b', bootstrap, ...common, ...words])
  const run = async (words: readonly string[], input = ''): Promise<string[]> => {
    const child = started(words)
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
    const { code, stdout, stderr } = await outcome(child)
    if (code !== 0)
      throw new Error(
        stderr
          .trim()
          .replaceAll(bootstrap, 'HERE')
          .replaceAll(/^%\d\|[\d.]+\|/gm, ''),
      )
    return stdout.toString().split('\n').slice(0, -1)
  }
  const steps = {
    create: async ({ topic }: Topic) => void (await run(['-L', '-t', topic])),
    partitions: async ({ topic }: Topic) =>
      (await run(['-L', '-t', topic])).filter((line) => line.includes('    partition')),
    bounds: ({ topic }: Topic) => run(['-Q', '-t', `${topic}:0:-2`, '-t', `${topic}:1:-1`]),
    at: ({ topic, time = 0 }: Topic) => run(['-Q', '-t', `${topic}:0:${time}`]),
    produce: ({ topic, values = [], codec = 'none', idempotent = false }: Topic) => {
      // Without a producer id two batches in flight change places when a topic that is only now made has no leader for the first.
      const order = ['-X', `enable.idempotence=${idempotent}`, '-X', 'max.in.flight=1']
      const options = ['-z', codec, ...order, '-K:', '-H', 'h=x', '-p', '0']
      return run(['-P', '-t', topic, ...options], values.map((value, i) => `k${i}:${value}\n`).join(''))
    },
    consume: ({ topic, count = 0, start = 0 }: Topic) => {
      const format = ['-f', '%o %k %s %h\\n', '-q', '-X', 'fetch.wait.max.ms=100']
      return run(['-C', '-t', topic, '-p', '0', '-o', String(start), '-c', String(count), ...format])
    },
    wake: async ({ topic }: Topic) => {
      const options = ['-o', '0', '-u', '-X', 'fetch.wait.max.ms=10000']
      const produce = (value: string): Promise<string[]> => run(['-P', '-t', topic, '-p', '0'], `${value}\n`)
      // It ends at a topic that brokers have only begun to make.
      await produce('first')
      const reader = new KcatReader(started(['-C', '-t', topic, '-p', '0', ...options]))
      await until(() => reader.values.length > 0)
      reader.values.length = 0
      await new Promise((resolve) => setTimeout(resolve, 500))
      const isEarly = await woken(reader.values, () => produce('wake'))
      await reader.end()
      return { values: reader.values, isEarly }
    },
    share: ({ topic, group, count }: Topic & { readonly group: string; readonly count: number }) => {
      const options = ['heartbeat.interval.ms=100', 'fetch.wait.max.ms=100', 'auto.offset.reset=earliest']
      const words = ['-G', group, ...options.flatMap((option) => ['-X', option]), '-u', topic]
      return shared(count, async () => new KcatReader(started(words)))
    },
  }
  return new LibraryClient(steps, (error) => (error as Error).message)
}
