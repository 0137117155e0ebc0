import { leaderEpoch, offset } from '../../../src/base/brands.ts'
import { parseCheckpoint } from '../../../src/storage/checkpoint-file.ts'
import { LeaderEpochHistory } from '../../../src/storage/leader-epoch-history.ts'
import { readOffsetCheckpoint } from '../../../src/storage/offset-checkpoints.ts'
import { fileSystemOf } from '../bytes-file-system.ts'
import type { FuzzTarget } from '../fuzz-target.ts'

const seeds = [
  '0\n0\n',
  '0\n1\n0 0\n',
  '0\n3\n0 0\n4 1200\n7 90071992547409921\n',
  '0\n2\norders 0 4711\nname.with_all-0 12 0\n',
  '0\n1\n__consumer_offsets 49 9223372036854775807\n',
  '0\r\n1\r\na\t0  5',
]

/** The text checkpoints of Kafka: offsets of partitions, and leader epochs. None of their readers throws. */
export const checkpoint: FuzzTarget = {
  name: 'checkpoint',
  bytesMax: 2048,
  tokens: ['0\n', '\r\n', '9223372036854775807', '9223372036854775808', '-1', '2147483648', '..', ' 0 ', '\u0000'],
  seeds: () => seeds.map((text) => new TextEncoder().encode(text)),
  mend: (bytes) => {
    // A count of one digit that is right.
    const lines = bytes.filter((byte) => byte === 10).length - 2
    if (bytes.length > 4 && bytes[1] === 10 && bytes[3] === 10 && lines >= 0 && lines < 10) bytes[2] = 48 + lines
  },
  run: (bytes) => {
    const parsed = parseCheckpoint(bytes)
    if (parsed.kind === 'lines' && parsed.lines.length > bytes.length) throw new Error('more lines than bytes')
    const files = fileSystemOf(bytes)
    const { offsets } = readOffsetCheckpoint(files, '/d', 'recovery-point-offset-checkpoint')
    for (const value of offsets.values()) if (value < 0n || value >= 2n ** 63n) throw new Error(`offset ${value}`)
    const read = LeaderEpochHistory.read(files, '/d/t-0')
    if (read.kind !== 'history') return
    read.history.epochAt(offset(1000))
    read.history.endOffsetFor(leaderEpoch(3), offset(2000))
  },
}
