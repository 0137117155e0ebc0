import { gzipSync } from 'node:zlib'
import { lz4Compress } from '../../../src/record/compression/lz4.ts'
import { snappyCompress } from '../../../src/record/compression/snappy.ts'

/** Streams of at most 1 MiB that decompress to as much as their codec can say with it. */
export const bombs: Readonly<Record<'gzip' | 'snappy' | 'lz4' | 'zstd', () => Uint8Array>> = {
  /** 1 GiB in members of 16 MiB. */
  gzip: () => repeated({ piece: gzipSync(new Uint8Array(2 ** 24)), times: 63 }),
  /** 21 MiB: the most that the format gives. */
  snappy: () => {
    const stream = snappyCompress(new Uint8Array(2 ** 15))
    return repeated({ head: stream.subarray(0, 16), piece: stream.subarray(16), times: 670 })
  },
  /** 255 MiB in blocks of 64 KiB. */
  lz4: () => {
    const frame = lz4Compress(new Uint8Array(2 ** 16))
    const end = frame.length - 4
    return repeated({
      head: frame.subarray(0, 7),
      piece: frame.subarray(7, end),
      times: 3800,
      tail: frame.subarray(end),
    })
  },
  /** 16 GiB in blocks of 128 KiB that say one byte each. */
  zstd: () => {
    const head = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x38])
    const block = Uint8Array.from([2, 0, 0x10, 0])
    const last = Uint8Array.from([3, 0, 0x10, 0])
    return repeated({ head, piece: block, times: 2 ** 17, tail: last })
  },
}

interface Repeated {
  readonly head?: Uint8Array
  readonly piece: Uint8Array
  readonly times: number
  readonly tail?: Uint8Array
}

function repeated({ head = new Uint8Array(0), piece, times, tail = new Uint8Array(0) }: Repeated): Uint8Array {
  const bytes = new Uint8Array(head.length + piece.length * times + tail.length)
  bytes.set(head)
  for (let n = 0; n < times; n++) bytes.set(piece, head.length + n * piece.length)
  bytes.set(tail, bytes.length - tail.length)
  return bytes
}
