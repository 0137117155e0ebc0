import { decompressChecked, loadZlib, plainBytes } from './zlib.ts'

/** What zlib takes for a chunk at least. */
const chunkBytesMin = 64

/** One gzip member. `level` 0 (stored) to 9, or -1 for zlib's own choice. */
export function gzipCompress(bytes: Uint8Array, level = -1): Uint8Array {
  // One piece of output, not many that are joined then: a third less memory is waiting for the garbage collector.
  const chunkSize = Math.max(chunkBytesMin, bytes.length)
  return plainBytes(loadZlib().gzipSync(bytes, { level, chunkSize }))
}

/** The most that a member of `contentBytes` takes: zlib's bound for any strategy (`deflateBound`), header and trailer. */
export function gzipMemberBytesMax(contentBytes: number): number {
  return contentBytes + Math.ceil(contentBytes / 8) + Math.ceil(contentBytes / 64) + 64
}

/**
 * All members of a gzip stream, joined. Throws `MalformedMessageError` when it is damaged, cut, or gives more than
 * `limitBytes`; it stops there, so that a bomb costs no more than the limit.
 */
export function gzipDecompress(bytes: Uint8Array, limitBytes: number): Uint8Array {
  return decompressChecked('gzip', limitBytes, () =>
    // A limit of 0 is not one that zlib knows.
    loadZlib().gunzipSync(bytes, { maxOutputLength: Math.max(1, limitBytes) }),
  )
}
