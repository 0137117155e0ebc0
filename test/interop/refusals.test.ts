import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kafkaJars, kafkaMissing } from '../support/kafka/home.ts'
import { skippedFor } from '../support/require-tool.ts'
import { runBinary } from '../support/run-binary.ts'
import { TriedServe } from './brokers.ts'
import { programs, quickJava } from './clients/all-clients.ts'
import { ProgramClient } from './clients/tried-client.ts'
import { refusals } from './refusals.ts'

/** Much less than the minute after which Kafka's clients give up by themselves. */
const atOnceMs = 25_000

describe.skipIf(skippedFor(kafkaMissing()))("what a broker of one does not do for Apache Kafka's tools", () => {
  let serve: TriedServe
  let tools: ProgramClient

  beforeAll(async () => {
    serve = await TriedServe.start()
    // Some tools tell why they end in their log alone.
    const java = [...quickJava, '-Dorg.slf4j.simpleLogger.defaultLogLevel=error']
    tools = new ProgramClient('java', [...java, '-cp', `${kafkaJars()}/*`, `${programs}ConsoleTools.java`])
    expect(runBinary(['topics', 'create', 't', '-b', serve.bootstrap]).code).toBe(0)
  })
  afterAll(async () => {
    await tools.close()
    await serve.stop()
  })

  test.each(refusals)('is refused at once, and clearly: $what', async ({ tool, words, says }) => {
    const begun = performance.now()
    const input = { do: 'run', tool, words: ['--bootstrap-server', serve.bootstrap, ...words], hearsErrors: true }
    expect(await tools.do(input)).toMatchObject({ ok: { said: expect.stringMatching(says) } })
    expect(performance.now() - begun).toBeLessThan(atOnceMs)
  })

  test('and none of it ends the broker, or is a fault of it', () => {
    expect(runBinary(['topics', 'list', '-b', serve.bootstrap]).stdout.toString()).toContain('t')
    expect(serve.log).not.toMatch(/ERROR|request failed/)
  })
})
