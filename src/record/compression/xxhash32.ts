const prime1 = 0x9e37_79b1
const prime2 = 0x85eb_ca77
const prime3 = 0xc2b2_ae3d
const prime4 = 0x27d4_eb2f
const prime5 = 0x1656_67b1
const stripeBytes = 16

/** xxHash32 with seed 0 as uint32: the checksums in LZ4 frames. https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md */
export function xxhash32(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const stripesEnd = bytes.length - (bytes.length % stripeBytes)
  let hash = stripesEnd === 0 ? prime5 : hashOfStripes(view, stripesEnd)
  hash = (hash + bytes.length) | 0
  let at = stripesEnd
  for (; at + 4 <= bytes.length; at += 4) {
    hash = Math.imul(rotate(hash + Math.imul(view.getInt32(at, true), prime3), 17), prime4)
  }
  for (; at < bytes.length; at++) hash = Math.imul(rotate(hash + Math.imul(view.getUint8(at), prime5), 11), prime1)
  hash = Math.imul(hash ^ (hash >>> 15), prime2)
  hash = Math.imul(hash ^ (hash >>> 13), prime3)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Four lanes, each of every fourth word. */
function hashOfStripes(view: DataView, end: number): number {
  let lane1 = (prime1 + prime2) | 0
  let lane2 = prime2 | 0
  let lane3 = 0
  let lane4 = -prime1 | 0
  for (let at = 0; at < end; at += stripeBytes) {
    lane1 = round(lane1, view.getInt32(at, true))
    lane2 = round(lane2, view.getInt32(at + 4, true))
    lane3 = round(lane3, view.getInt32(at + 8, true))
    lane4 = round(lane4, view.getInt32(at + 12, true))
  }
  return rotate(lane1, 1) + rotate(lane2, 7) + rotate(lane3, 12) + rotate(lane4, 18)
}

function round(lane: number, word: number): number {
  return Math.imul(rotate(lane + Math.imul(word, prime2), 13), prime1)
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
