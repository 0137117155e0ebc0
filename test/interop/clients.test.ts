import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kafkaMissing } from '../support/kafka/home.ts'
import { toolOrSkip } from '../support/require-tool.ts'
import { runBinary } from '../support/run-binary.ts'
import { type TriedBroker, TriedServe, triedKafka } from './brokers.ts'
import { allClients } from './clients/all-clients.ts'
import { answers, compared } from './comparison.ts'
import { script } from './script.ts'

const isPossible = kafkaMissing() === undefined && toolOrSkip('kcat') !== undefined
const columns = [...script.map(({ name }) => name), 'restarts']
const only = process.env['INTEROP_ONLY']

/** What each client can do with tslog: a row each, a column for each feature. */
const table = new Map<string, Map<string, string>>()
let kafka: TriedBroker
let serve: TriedServe

describe.skipIf(!isPossible)('every client gets from tslog what it gets from Apache Kafka', () => {
  beforeAll(async () => {
    ;[kafka, serve] = await Promise.all([
      triedKafka(),
      TriedServe.start(['--partitions', '4', '--group-initial-rebalance-delay-ms', '0']),
    ])
  })
  afterAll(() => Promise.all([kafka.stop(), serve.stop()]))

  test.each(allClients.filter(({ name }) => only === undefined || name.includes(only)))('$name', async (kind) => {
    const row = new Map(kind.lacks.map((feature) => [feature, '']))
    table.set(kind.name, row)
    const [theirs, ours] = await Promise.all([answers(kind, kafka.bootstrap), answers(kind, serve.bootstrap)])
    const faults: string[] = []
    for (const [feature, steps] of ours) {
      const found = compared(kind, feature, steps, theirs.get(feature))
      row.set(feature, found.length === 0 ? 'yes' : 'no')
      faults.push(...found)
    }
    expect(faults).toEqual([])
  })

  test('idempotent producers lose and double nothing when the broker is stopped and killed', async () => {
    const kinds = allClients.filter(({ lacks }) => !lacks.includes('restarts'))
    const values = Array.from({ length: 400 }, (_, i) => `value ${i}`)
    const streams = kinds.map(async (kind, i) => {
      const client = kind.start(serve.bootstrap)
      const topic = `stream-${i}`
      await client.do({ do: 'create', topic })
      const answer = await client.do({ do: 'stream', topic, values, pauseMs: 15 })
      await client.close()
      return [kind, topic, answer] as const
    })
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await new Promise((resolve) => setTimeout(resolve, 2500))
      await serve.restart(signal)
    }
    for (const [{ name }, topic, answer] of await Promise.all(streams)) {
      const consumed = runBinary(['-d', serve.directory, 'consume', topic]).stdout.toString().split('\n').slice(0, -1)
      expect([name, answer, consumed]).toEqual([name, { ok: values.length }, values])
      table.get(name)?.set('restarts', 'yes')
    }
  })

  test('the table of clients and features is as it was', async () => {
    const head = `| client | ${columns.join(' | ')} |\n|---|${columns.map(() => '---').join('|')}|\n`
    const rows = [...table].map(
      ([name, row]) => `| ${name} | ${columns.map((column) => row.get(column) ?? '').join(' | ')} |\n`,
    )
    console.log(head + rows.join(''))
    if (only === undefined) await expect(intro + head + rows.join('')).toMatchFileSnapshot('RESULTS.md')
  })
})

const intro = `# What clients do with \`tslog serve\`

Written by \`npm run interop\` (\`-- -u\` writes it anew): each client does the steps of \`script.ts\` on Apache Kafka 4.3.1 and on tslog, and gets the
same answers but for those of \`differences.ts\`. An empty cell is what the client, or its driver here, does not have.

`
