import { openRequest, decodeRequest, encodeResponse } from '../../src/protocol/api.ts'
import { FrameReader } from '../../src/network/frame-reader.ts'
import { beginApi } from '../../src/replication/peer-apis.ts'

/** The far side of an ssh that speaks another version of replication than ours: a program of its own. */
const frames = new FrameReader(1024 * 1024, (frame) => {
  const { header, body } = openRequest(frame)
  decodeRequest(beginApi, header.apiVersion, body)
  const value = { software: 'tslog 99.0.0', lastVersion: 99, offer: null }
  for (const piece of encodeResponse(beginApi, header, { failure: null, value })) process.stdout.write(piece)
})
process.stdin.on('data', (bytes: Uint8Array) => frames.push(bytes))
