import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MalformedMessageError } from '../../src/base/errors.ts'
import { allApis } from '../../src/protocol/all-apis.ts'
import { apiRowOf } from '../../src/protocol/api-keys.ts'
import {
  type Api,
  type Frame,
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  openRequest,
  speaks,
} from '../../src/protocol/api.ts'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { apiVersionsApi, apiVersionsResponse } from '../../src/protocol/messages/api-versions.ts'
import { fetchApi, fetchPartitionData, fetchResponse } from '../../src/protocol/messages/fetch.ts'
import { metadataApi, metadataRequest } from '../../src/protocol/messages/metadata.ts'
import { produceApi, produceRequest } from '../../src/protocol/messages/produce.ts'
import { valuesOf } from './support/message-values.ts'

const clientId = 'tests'
const correlationId = 7

/** The frame as the other side gets it: one run of bytes, without its size. */
function received(frame: Frame): Uint8Array {
  const whole = Buffer.concat(frame)
  expect(whole.readInt32BE(0)).toBe(whole.length - 4)
  return new Uint8Array(whole.subarray(4))
}

function hexOf(frame: Frame): string {
  return Buffer.concat(frame).toString('hex')
}

const spoken = allApis.flatMap((api) => {
  const { first, last } = api.versions
  return Array.from({ length: last - first + 1 }, (_, i) => ({ api, name: api.name, version: first + i }))
})

function requestsOf(api: Api<unknown, unknown>, version: number): fc.Arbitrary<unknown> {
  return valuesOf(api.request, { version, flexible: version >= api.flexibleSince })
}

function responsesOf(api: Api<unknown, unknown>, version: number): fc.Arbitrary<unknown> {
  const values = valuesOf(api.response, { version, flexible: version >= api.flexibleSince })
  // That one is read in version 0.
  return values.filter((value) => (value as { errorCode?: number }).errorCode !== ErrorCode.UNSUPPORTED_VERSION)
}

function readRequest(api: Api<unknown, unknown>, version: number, frame: Uint8Array): unknown {
  return decodeRequest(api, version, openRequest(frame).body)
}

describe('every API in every version', () => {
  test.each(spoken)('$name $version: requests read back as they were', ({ api, version }) => {
    const check = (value: unknown): void => {
      const frame = received(encodeRequest(api, { apiVersion: version, correlationId, clientId }, value))
      const { header, body } = openRequest(frame)
      expect(header).toEqual({ apiKey: api.key, apiVersion: version, correlationId, clientId })
      expect(decodeRequest(api, version, body)).toEqual(value)
      expect(body.remaining).toBe(0)
    }
    fc.assert(fc.property(requestsOf(api, version), check), { numRuns: 10 })
  })

  test.each(spoken)('$name $version: responses read back as they were', ({ api, version }) => {
    const check = (value: unknown): void => {
      const frame = received(encodeResponse(api, { apiVersion: version, correlationId }, value))
      expect(decodeResponse(api, version, frame)).toEqual({ correlationId, value })
    }
    fc.assert(fc.property(responsesOf(api, version), check), { numRuns: 10 })
  })

  test.each(spoken)('$name $version: every prefix is malformed', ({ api, version }) => {
    const check = (request: unknown, response: unknown): void => {
      const asked = received(encodeRequest(api, { apiVersion: version, correlationId, clientId }, request))
      const answered = received(encodeResponse(api, { apiVersion: version, correlationId }, response))
      // A hundred cuts, the last bytes among them.
      for (const end of cuts(asked.length)) {
        expect(() => readRequest(api, version, asked.subarray(0, end))).toThrow(MalformedMessageError)
      }
      for (const end of cuts(answered.length)) {
        expect(() => decodeResponse(api, version, answered.subarray(0, end))).toThrow(MalformedMessageError)
      }
    }
    fc.assert(fc.property(requestsOf(api, version), responsesOf(api, version), check), { numRuns: 2 })
  })

  test.each(spoken)('$name $version: damaged bytes give a value or MalformedMessageError', ({ api, version }) => {
    const check = (request: unknown, noise: Uint8Array, at: number): void => {
      const frame = received(encodeRequest(api, { apiVersion: version, correlationId, clientId }, request))
      const start = 8 + (at % (frame.length - 7))
      frame.set(noise.subarray(0, frame.length - start), start)
      for (const read of [readRequest, (...given: Parameters<typeof readRequest>) => decodeResponse(...given)]) {
        expectCleanly(() => read(api, version, frame))
      }
    }
    const noise = fc.uint8Array({ minLength: 1, maxLength: 12, size: 'max' })
    fc.assert(fc.property(requestsOf(api, version), noise, fc.nat(), check), { numRuns: 5 })
  })
})

function cuts(length: number): number[] {
  const step = Math.max(1, Math.floor(length / 100))
  return Array.from({ length: Math.ceil(length / step) }, (_, i) => length - 1 - i * step).filter((end) => end >= 0)
}

function expectCleanly(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedMessageError)
  }
}

test('any bytes as a frame give a header and a value, or MalformedMessageError', () => {
  const check = (frame: Uint8Array): void => {
    expectCleanly(() => {
      const { header, body } = openRequest(frame)
      const api = allApis.find(({ key }) => key === header.apiKey)
      if (api !== undefined && speaks(api, header.apiVersion)) decodeRequest(api, header.apiVersion, body)
    })
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400, size: 'max' }), check), { numRuns: 2000 })
})

test('a request of more items than any client sends is malformed', () => {
  const header = { apiVersion: 0, correlationId, clientId }
  const empty = received(encodeRequest(metadataApi, header, { ...metadataRequest.initial(), topics: [] }))
  const items = Buffer.alloc(4 + 2 * 300_000)
  items.writeInt32BE(300_000)
  const frame = Buffer.concat([empty.subarray(0, -4), items])
  expect(() => readRequest(metadataApi, 0, frame)).toThrow('300000 more items where at most 250000 may follow')
})

describe('records', () => {
  const batches = new Uint8Array(5000).fill(9)

  test('of a Fetch response are pieces of their own: the very bytes that were given', () => {
    const partition = { ...fetchPartitionData.initial(), records: batches }
    const few = { ...fetchPartitionData.initial(), records: batches.subarray(0, 100) }
    const topic = { topic: '', topicId: 'AAECAwQFBgcICQoLDA0ODw', partitions: [partition, few, partition] }
    const value = { ...fetchResponse.initial(), responses: [topic] }
    const frame = encodeResponse(fetchApi, { apiVersion: 16, correlationId }, value)
    expect(frame.map((piece) => piece === batches)).toEqual([false, true, false, true, false])
    expect(decodeResponse(fetchApi, 16, received(frame)).value).toEqual(value)
  })

  test('of a Produce request are views of the frame', () => {
    const topicData = [{ name: 't', partitionData: [{ index: 0, records: batches }] }]
    const value = { ...produceRequest.initial(), topicData }
    const frame = received(encodeRequest(produceApi, { apiVersion: 9, correlationId, clientId }, value))
    const read = decodeRequest(produceApi, 9, openRequest(frame).body)
    const records = read.topicData[0]?.partitionData[0]?.records
    expect(records).toEqual(batches)
    expect(records?.buffer).toBe(frame.buffer)
  })
})

describe('ApiVersions', () => {
  test('of librdkafka 2.0.2 reads as it was captured', () => {
    const frame = Buffer.from('0012000300000001000772646b61666b61000b6c696272646b61666b6106322e302e3200', 'hex')
    const { header, body } = openRequest(frame)
    expect(header).toEqual({ apiKey: 18, apiVersion: 3, correlationId: 1, clientId: 'rdkafka' })
    const value = { clientSoftwareName: 'librdkafka', clientSoftwareVersion: '2.0.2' }
    expect(decodeRequest(apiVersionsApi, 3, body)).toEqual(value)
    expect(hexOf(encodeRequest(apiVersionsApi, header, value))).toBe(`00000024${frame.toString('hex')}`)
  })

  test('in a version that nobody knows has a header that can be read, and is answered in version 0', () => {
    const frame = Buffer.from('0012004d00000001000772646b61666b6100ffffff', 'hex')
    expect(openRequest(frame).header.apiVersion).toBe(77)
    const value = {
      ...apiVersionsResponse.initial(),
      errorCode: ErrorCode.UNSUPPORTED_VERSION,
      apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
    }
    const answer = encodeResponse(apiVersionsApi, { apiVersion: 0, correlationId: 1 }, value)
    expect(hexOf(answer)).toBe('00000010000000010023000000010012000000 04'.replaceAll(' ', ''))
    expect(decodeResponse(apiVersionsApi, 3, received(answer)).value).toEqual(value)
  })

  test('is answered without tagged fields in the header', () => {
    const answer = encodeResponse(apiVersionsApi, { apiVersion: 3, correlationId: 1 }, apiVersionsResponse.initial())
    expect(hexOf(answer)).toBe('0000000c 00000001 0000 01 00000000 00'.replaceAll(' ', ''))
  })
})

test('the header of a key that we do not speak is read as one without tagged fields', () => {
  const { header } = openRequest(Buffer.from('00470000000000090001ff', 'hex').fill(0x61, 10))
  expect(apiRowOf(71)).toBeUndefined()
  expect(header).toEqual({ apiKey: 71, apiVersion: 0, correlationId: 9, clientId: 'a' })
})
