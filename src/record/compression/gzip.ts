import { decompressChecked, loadZlib, plainBytes } from './zlib.ts'

/** One gzip member. `level` 0 (stored) to 9, or -1 for zlib's own choice. */
export function gzipCompress(bytes: Uint8Array, level = -1): Uint8Array {
  return plainBytes(loadZlib().gzipSync(bytes, { level }))
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
