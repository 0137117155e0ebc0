import fc from 'fast-check'
import { scramAttributes } from '../../../src/network/sasl/scram-message.ts'
import { FrameReader } from '../../../src/network/frame-reader.ts'
import { allApis } from '../../../src/protocol/all-apis.ts'
import { type Api, decodeRequest, encodeRequest, openRequest, speaks } from '../../../src/protocol/api.ts'
import { readAssignment, readSubscription } from '../../../src/protocol/consumer-protocol.ts'
import type { JoinGroupRequest } from '../../../src/protocol/messages/join-group.ts'
import type { SaslAuthenticateRequest } from '../../../src/protocol/messages/sasl-authenticate.ts'
import type { SyncGroupRequest } from '../../../src/protocol/messages/sync-group.ts'
import { isSameValue } from '../../../src/wire/same-value.ts'
import { valuesOf } from '../../protocol/support/message-values.ts'
import { type FuzzTarget, tried } from '../fuzz-target.ts'

const apisByKey = new Map(allApis.map((one) => [one.key, one]))

/** Requests of every API in every version, two each, as they lie on the wire. */
function requests(): Uint8Array[] {
  return allApis.flatMap((one) => {
    const versions = Array.from(
      { length: one.versions.last - one.versions.first + 1 },
      (_, n) => one.versions.first + n,
    )
    return versions.flatMap((version) => {
      const values = valuesOf(one.request, { version, flexible: version >= one.flexibleSince })
      return fc.sample(values, { numRuns: 2, seed: version }).map((value) => framed(one, version, value))
    })
  })
}

function framed(one: Api<unknown, unknown>, version: number, value: unknown): Uint8Array {
  const header = { apiVersion: version, correlationId: 7, clientId: 'fuzz' }
  return new Uint8Array(Buffer.concat(encodeRequest(one, header, value)))
}

/** The stream of a client, cut into pieces of the length that its last byte says. */
export const frame: FuzzTarget = {
  name: 'frame',
  bytesMax: 4096,
  tokens: ['PLAIN', 'SCRAM-SHA-256', 'n,,n=u,r=abc', 'consumer', '__consumer_offsets', '../x'],
  seeds: requests,
  mend: (bytes) => {
    if (bytes.length >= 4) new DataView(bytes.buffer, bytes.byteOffset).setInt32(0, bytes.length - 4)
  },
  run: (bytes) => {
    const reader = new FrameReader(8192, request)
    const step = 1 + (bytes.at(-1) ?? 0)
    tried(() => {
      for (let at = 0; at < bytes.length; at += step) reader.push(bytes.subarray(at, at + step))
    })
  },
}

function request(bytes: Uint8Array): void {
  const { header, body } = openRequest(bytes)
  const one = apisByKey.get(header.apiKey)
  if (one === undefined || !speaks(one, header.apiVersion)) return
  const value = decodeRequest(one, header.apiVersion, body)
  checkWhole(one, header.apiVersion, value)
  readInside(one.name, value)
}

/** What was read can be written, and is read so again. */
function checkWhole(one: Api<unknown, unknown>, version: number, value: unknown): void {
  const again = openRequest(framed(one, version, value).subarray(4))
  if (!isSameValue(decodeRequest(one, version, again.body), value)) throw new Error(`${one.name} ${version} changes`)
}

/** What members of a group and those who log in put into requests. */
function readInside(name: string, value: unknown): void {
  if (name === 'JoinGroup') {
    for (const { metadata } of (value as JoinGroupRequest).protocols) tried(() => readSubscription(metadata))
  } else if (name === 'SyncGroup') {
    for (const { assignment } of (value as SyncGroupRequest).assignments) tried(() => readAssignment(assignment))
  } else if (name === 'SaslAuthenticate') {
    tried(() => scramAttributes(new TextDecoder().decode((value as SaslAuthenticateRequest).authBytes)))
  }
}
