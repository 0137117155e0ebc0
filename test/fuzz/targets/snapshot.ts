import { leaderEpoch, offset, producerId } from '../../../src/base/brands.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from '../../../src/storage/producer-snapshot.ts'
import { bootOf, WRITE_STATE_BYTES, type WriteState, WriteStateCodec } from '../../../src/storage/write-state.ts'
import { crc32c } from '../../../src/wire/crc32c.ts'
import type { FuzzTarget } from '../fuzz-target.ts'

const codec = new WriteStateCodec()

/** What is kept of producers, and what the last writer of a partition left. */
export const snapshot: FuzzTarget = {
  name: 'snapshot',
  bytesMax: 4096,
  seeds: () => [producers(0), producers(1), producers(40), writeState()],
  mend: (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (bytes.length === WRITE_STATE_BYTES) view.setUint32(8, crc32c(bytes.subarray(12, 120)))
    else if (bytes.length > 10) {
      view.setInt32(6, Math.floor((bytes.length - 10) / 46))
      view.setUint32(2, crc32c(bytes.subarray(6)))
    }
  },
  run: (bytes) => {
    const read = decodeProducerSnapshot(bytes)
    if (read.kind === 'entries') {
      const again = decodeProducerSnapshot(encodeProducerSnapshot(read.entries))
      if (again.kind !== 'entries' || again.entries.length !== read.entries.length)
        throw new Error('producers are lost')
    }
    const state = codec.decode(bytes)
    if (bytes.length >= WRITE_STATE_BYTES) bootOf(bytes)
    // What the next writer makes of it.
    if (state !== undefined) codec.encode(state, new Uint8Array(WRITE_STATE_BYTES))
  },
}

function producers(count: number): Uint8Array {
  const entries = Array.from({ length: count }, (_, n) => ({
    producerId: producerId(1000 + n),
    producerEpoch: n % 5,
    lastSequence: 3 * n,
    lastOffset: offset(100 + n),
    offsetDelta: n % 3,
    timestamp: 1_700_000_000_000 + n,
    coordinatorEpoch: n % 2 === 0 ? -1 : 3,
    currentTransactionFirstOffset: offset(n % 4 === 0 ? 90 : -1),
  }))
  return encodeProducerSnapshot(entries)
}

function writeState(): Uint8Array {
  const bytes = new Uint8Array(WRITE_STATE_BYTES)
  codec.encode(
    {
      generation: 3n,
      cutCount: 1,
      bootId: '0123456789abcdef0123456789abcdef',
      isServed: true,
      isDeleted: false,
      hasProducers: true,
      isReplica: false,
      activeBaseOffset: offset(100),
      logEndOffset: offset(250),
      endPosition: 4711 as WriteState['endPosition'],
      visibleEndOffset: offset(250),
      syncedEndOffset: offset(240),
      indexBytes: 16,
      timeIndexBytes: 24,
      bytesSinceLastIndexEntry: 77,
      maxTimestamp: 1_700_000_000_000,
      offsetOfMaxTimestamp: offset(249),
      leaderEpoch: leaderEpoch(2),
      logStartOffset: offset(0),
    },
    bytes,
  )
  return bytes
}
