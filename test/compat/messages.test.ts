import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { allApis } from '../../src/protocol/all-apis.ts'
import { type Api, encodeRequest, encodeResponse } from '../../src/protocol/api.ts'
import { ErrorCode, isRetriable } from '../../src/protocol/error-codes.ts'
import { valuesOf } from '../protocol/support/message-values.ts'
import { type FrameToRewrite, kafkaOracle } from '../support/kafka/oracle.ts'

const oracle = kafkaOracle()
afterAll(async () => oracle?.[Symbol.asyncDispose]())

/** So many random values of every request and response in every version. */
const valuesEach = 20

/** Versions that Apache Kafka 4 no longer has (KIP-896), so that its classes cannot judge them. */
const droppedByKafka = new Set([
  'ListOffsets 0',
  'OffsetCommit 0',
  'OffsetCommit 1',
  'OffsetFetch 0',
  'CreateTopics 0',
  'CreateTopics 1',
  'DeleteTopics 0',
  'OffsetForLeaderEpoch 0',
  'OffsetForLeaderEpoch 1',
  'DescribeAcls 0',
  'CreateAcls 0',
  'DeleteAcls 0',
  'DescribeConfigs 0',
  'DescribeLogDirs 0',
])

describe.skipIf(oracle === undefined)("Apache Kafka's own message classes", () => {
  test.each(allApis)('read what we write of $name, and write the same bytes', async (api) => {
    const frames = framesOf(api)
    const rewritten = await oracle?.rewriteFrames(frames)
    const expected = frames.map(({ version, bytes }) =>
      droppedByKafka.has(`${api.name} ${version}`) ? null : { bytes: Buffer.from(bytes).toString('hex'), left: 0 },
    )
    expect(rewritten).toEqual(expected)
  })

  test('have the error codes that we have, and hold the same ones for retriable', async () => {
    const codes = (await oracle?.errorCodes()) ?? []
    const ours = Object.entries(ErrorCode).map(([name, code]) => ({ code, name, isRetriable: isRetriable(code) }))
    expect(ours).toEqual(codes)
  })
})

function framesOf(api: Api<unknown, unknown>): FrameToRewrite[] {
  const { first, last } = api.versions
  const versions = Array.from({ length: last - first + 1 }, (_, i) => first + i)
  return versions.flatMap((version) => [...requestFrames(api, version), ...responseFrames(api, version)])
}

function requestFrames(api: Api<unknown, unknown>, version: number): FrameToRewrite[] {
  const header = { apiVersion: version, correlationId: 5, clientId: 'compat' }
  return samples(api.request, api, version).map((value) =>
    frame(api, version, { isRequest: true, pieces: encodeRequest(api, header, value) }),
  )
}

function responseFrames(api: Api<unknown, unknown>, version: number): FrameToRewrite[] {
  const header = { apiVersion: version, correlationId: 5 }
  return samples(api.response, api, version).map((value) =>
    frame(api, version, { isRequest: false, pieces: encodeResponse(api, header, value) }),
  )
}

/** The seed is fixed: a failure is the same the next time. */
function samples(type: Api<unknown, unknown>['request'], api: Api<unknown, unknown>, version: number): unknown[] {
  const dialect = { version, flexible: version >= api.flexibleSince }
  return fc.sample(valuesOf(type, dialect), { numRuns: valuesEach, seed: api.key * 100 + version })
}

function frame(
  api: Api<unknown, unknown>,
  version: number,
  { isRequest, pieces }: { isRequest: boolean; pieces: readonly Uint8Array[] },
): FrameToRewrite {
  return { key: api.key, version, isRequest, bytes: new Uint8Array(Buffer.concat(pieces).subarray(4)) }
}
