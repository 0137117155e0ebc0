import type { ByteStream } from './byte-stream.ts'
import type { LentBuffers } from './lent-buffers.ts'

const noBytes = new Uint8Array(0)

/**
 * Sends the pieces of an answer in their order, those that still lie in files from there where the stream allows it. Throws when such a piece is not there
 * any more: the stream is of no use then. `onSent` as `ByteStream.send` has it, for pieces that end with one that is read.
 */
export function sendPieces(
  stream: ByteStream,
  pieces: readonly Uint8Array[],
  buffers: Pick<LentBuffers, 'unreadOf'>,
  onSent?: () => void,
): void {
  const joined = joinSmall(pieces)
  let sent = 0
  for (const [at, piece] of joined.entries()) {
    const unread = buffers.unreadOf(piece)
    if (unread === undefined) continue
    const before = joined.slice(sent, at)
    const head = before.pop() ?? noBytes
    if (before.length > 0) stream.send(before)
    const socket = stream.openSocket
    if (socket === undefined) unread.fill()
    const taken = socket === undefined ? 0 : unread.sendTo(socket, head)
    sendRest(stream, [head, piece], taken)
    sent = at + 1
  }
  if (sent < joined.length) stream.send(sent === 0 ? joined : joined.slice(sent), onSent)
}

/** Sends what follows the first `skipped` bytes of `pieces`. */
function sendRest(stream: ByteStream, pieces: readonly Uint8Array[], skipped: number): void {
  const rest: Uint8Array[] = []
  let start = skipped
  for (const piece of pieces) {
    if (start < piece.length) rest.push(piece.subarray(start))
    start = Math.max(0, start - piece.length)
  }
  if (rest.length > 0) stream.send(rest)
}

/** Pieces up to this size are copied together, since each piece of its own costs a call into the system. */
const smallBytes = 16 * 1024

function joinSmall(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  if (pieces.length === 1) return pieces
  const joined: Uint8Array[] = []
  let start = 0
  while (start < pieces.length) {
    let end = start
    let bytes = 0
    for (; end < pieces.length && (pieces[end] as Uint8Array).length <= smallBytes; end++)
      bytes += (pieces[end] as Uint8Array).length
    if (end - start > 1) joined.push(concatenate(pieces.slice(start, end), bytes))
    else if (end - start === 1) joined.push(pieces[start] as Uint8Array)
    if (end < pieces.length) joined.push(pieces[end] as Uint8Array)
    start = end + 1
  }
  return joined
}

function concatenate(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
