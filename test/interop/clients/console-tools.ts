import { LibraryClient, type ProgramClient, type TriedClient } from './tried-client.ts'

interface Ran {
  readonly code: number
  readonly said: string
}

const tools = 'org.apache.kafka.tools'

/** Apache Kafka's command line tools, in one JVM that runs them one after the other. */
export function consoleTools(program: ProgramClient, bootstrap: string): TriedClient {
  const server = ['--bootstrap-server', bootstrap]
  const run = async (tool: string, words: readonly string[], input = ''): Promise<string> => {
    const answer = await program.do({ do: 'run', tool, words: [...server, ...words], input })
    if ('error' in answer) throw new Error(answer.error)
    const { code, said } = answer.ok as Ran
    if (code !== 0 || /Exception|^Error/m.test(said)) throw new Error(nameIn(said))
    return said
  }
  const topics = (...words: string[]) => run(`${tools}.TopicCommand`, words)
  const configs = (...words: string[]) => run('kafka.admin.ConfigCommand', ['--entity-type', 'topics', ...words])
  const groups = (...words: string[]) => run(`${tools}.consumer.group.ConsumerGroupCommand`, words)
  const consumer = (...words: string[]) => run(`${tools}.consumer.ConsoleConsumer`, ['--timeout-ms', '20000', ...words])
  const offsets = async (topic: string, time: string) =>
    lines(await run(`${tools}.GetOffsetShell`, ['--topic', topic, '--time', time])).map((line) =>
      Number(line.split(':')[2]),
    )
  const pairs = (all: Readonly<Record<string, string>>) => Object.entries(all).map(([key, value]) => `${key}=${value}`)
  const steps = {
    create: ({ topic, partitions = 1, configs: own = {} }: Topic) =>
      topics(
        '--create',
        '--topic',
        topic,
        '--partitions',
        String(partitions),
        ...pairs(own).flatMap((one) => ['--config', one]),
      ),
    delete: ({ topic }: Topic) => topics('--delete', '--topic', topic),
    addPartitions: ({ topic, count }: Topic) => topics('--alter', '--topic', topic, '--partitions', String(count)),
    partitions: async ({ topic }: Topic) => (await topics('--describe', '--topic', topic)).replace(/TopicId: \S+/, ''),
    configs: ({ topic }: Topic) => configs('--describe', '--entity-name', topic),
    alter: ({ topic, configs: own = {} }: Topic) =>
      configs('--alter', '--entity-name', topic, '--add-config', pairs(own).join(',')),
    trim: async ({ topic, offset }: Topic) => {
      const { mkdtempSync, writeFileSync, rmSync } = await import('node:fs')
      const home = mkdtempSync('/tmp/tslog-trim-')
      const partitions = [{ topic, partition: 0, offset }]
      writeFileSync(`${home}/offsets.json`, JSON.stringify({ partitions, version: 1 }))
      const words = ['--offset-json-file', `${home}/offsets.json`]
      return run(`${tools}.DeleteRecordsCommand`, words).finally(() => rmSync(home, { recursive: true }))
    },
    bounds: async ({ topic }: Topic) => [await offsets(topic, '-2'), await offsets(topic, '-1')],
    at: async ({ topic, time }: Topic) => [await offsets(topic, String(time)), await offsets(topic, '-3')],
    produce: ({ topic, values = [], codec = 'none' }: Topic) =>
      run(
        `${tools}.ConsoleProducer`,
        ['--topic', topic, '--compression-codec', codec, ...properties('parse.key=true', 'parse.headers=true')],
        values.map((value, i) => `h:${i}\tk${i}\t${value}\n`).join(''),
      ),
    consume: async ({ topic, count, start = 0 }: Topic) =>
      lines(
        await consumer(
          '--topic',
          topic,
          '--partition',
          '0',
          '--offset',
          String(start),
          '--max-messages',
          String(count),
          ...printed,
        ),
      ),
    share: async ({ topic, group = '', count }: Topic) =>
      lines(
        await consumer('--topic', topic, '--group', group, '--from-beginning', '--max-messages', String(count)),
      ).toSorted(),
    committed: async ({ group = '' }: Topic) =>
      lines(await groups('--describe', '--group', group, '--offsets')).map((line) => line.split(/\s+/).slice(0, 6)),
    group: async ({ group = '' }: Topic) => [
      lines(await groups('--list')).includes(group),
      lines(await groups('--describe', '--group', group, '--state')).map((line) =>
        line.replace(/127\.0\.0\.1:\d+ +\(\d+\)/, 'HERE').split(/\s+/),
      ),
      lines(await groups('--reset-offsets', '--to-earliest', '--execute', '--all-topics', '--group', group)).map(
        (line) => line.split(/\s+/),
      ),
    ],
    dropGroup: ({ group = '' }: Topic) => groups('--delete', '--group', group),
    logDirs: async ({ topic }: Topic) => {
      const said = await run(`${tools}.LogDirsCommand`, ['--describe', '--topic-list', topic])
      return [...said.matchAll(/"partition":"([^"]+)"/g)].map(([, partition]) => partition)
    },
    perf: async ({ topic }: Topic) => {
      const words = ['--topic', topic, '--num-records', '5000', '--record-size', '100', '--throughput', '-1']
      const said = await run(`${tools}.ProducerPerformance`, words)
      const fetched = await run(`${tools}.ConsumerPerformance`, [
        '--topic',
        topic,
        '--num-records',
        '5000',
        '--hide-header',
      ])
      return [/(\d+) records sent/.exec(said)?.[1], fetched.split(',')[4]?.trim()]
    },
  }
  return new LibraryClient(
    steps,
    (error) => (error as Error).message,
    () => program.close(),
  )
}

interface Topic {
  readonly topic: string
  readonly partitions?: number
  readonly configs?: Readonly<Record<string, string>>
  readonly count?: number
  readonly offset?: number
  readonly time?: number
  readonly start?: number
  readonly values?: readonly string[]
  readonly codec?: string
  readonly group?: string
}

const printed = properties('print.offset=true', 'print.key=true', 'print.headers=true', 'print.partition=true')

function properties(...pairs: readonly string[]): string[] {
  return pairs.flatMap((pair) => ['--property', pair])
}

function lines(said: string): string[] {
  return said.split('\n').filter((line) => line !== '')
}

/** The name of the exception in what a tool said, or the first line of it. */
function nameIn(said: string): string {
  return /[A-Za-z.]*\.([A-Za-z]+Exception)/.exec(said)?.[1] ?? said.split('\n').slice(0, 3).join(' ')
}
