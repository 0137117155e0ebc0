import { type ChildProcess, spawn } from 'node:child_process'
import { outcome } from '../../support/binary-runner.ts'
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
      const options = ['-z', codec, '-X', `enable.idempotence=${idempotent}`, '-K:', '-H', 'h=x', '-p', '0']
      return run(['-P', '-t', topic, ...options], values.map((value, i) => `k${i}:${value}\n`).join(''))
    },
    consume: ({ topic, count = 0, start = 0 }: Topic) => {
      const format = ['-f', '%o %k %s %h\\n', '-q', '-X', 'fetch.wait.max.ms=100']
      return run(['-C', '-t', topic, '-p', '0', '-o', String(start), '-c', String(count), ...format])
    },
  }
  return new LibraryClient(steps, (error) => (error as Error).message)
}
