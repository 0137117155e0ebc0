import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kafkaMissing } from '../support/kafka/home.ts'
import { toolOrSkip } from '../support/require-tool.ts'
import { runBinary } from '../support/run-binary.ts'
import { type TriedBroker, TriedServe, triedKafka } from './brokers.ts'
import { allClients, type ClientKind } from './clients/all-clients.ts'
import type { Answer } from './clients/tried-client.ts'
import { differences } from './differences.ts'
import { script, type ScriptStep } from './script.ts'

const isPossible = kafkaMissing() === undefined && toolOrSkip('kcat') !== undefined
const columns = [...script.map(({ name }) => name), 'restarts']
const stepMsMax = 40_000
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
      const found = steps.flatMap((told, i) => compared(kind, feature, told, theirs.get(feature)?.[i]))
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

/** The answers of a client to each step of the features that it has. */
async function answers(kind: ClientKind, bootstrap: string): Promise<Map<string, [ScriptStep, Answer][]>> {
  const client = kind.start(bootstrap)
  const all = new Map<string, [ScriptStep, Answer][]>()
  const prefix = kind.name.replaceAll(/[^a-z]+/gi, '')
  for (const { name, steps } of script.filter((feature) => !kind.lacks.includes(feature.name))) {
    const told: [ScriptStep, Answer][] = []
    for (const one of steps(prefix)) told.push([one, await Promise.race([client.do(one.step), late()])])
    all.set(name, told)
  }
  await client.close()
  return all
}

/** A step that takes this long is not done any more. */
async function late(): Promise<Answer> {
  await new Promise((resolve) => setTimeout(resolve, stepMsMax).unref())
  return { error: `no answer within ${stepMsMax} ms` }
}

/** What is amiss in the answer of tslog. */
function compared(
  { name }: ClientKind,
  feature: string,
  [{ step, isRefused }, ours]: readonly [ScriptStep, Answer],
  kafkas: readonly [ScriptStep, Answer] | undefined,
): string[] {
  const theirs = kafkas?.[1]
  const shown = `${feature}: ${JSON.stringify(step).slice(0, 200)}: Kafka ${JSON.stringify(theirs)}, tslog ${JSON.stringify(ours)}`
  const isListed = differences.some((one) => one.client === name && one.feature === feature && one.step === step.do)
  if (isListed) return []
  const isAsWanted = 'error' in ours === (isRefused === true)
  return isDeepStrictEqual(ours, theirs) && isAsWanted ? [] : [shown]
}
