import { expect, test } from 'vitest'
import { leaderEpoch, NO_LEADER_EPOCH, offset } from '../../src/base/brands.ts'
import { CorruptSegmentError } from '../../src/base/errors.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import {
  bundleMagic,
  type BundleContents,
  chainCrc,
  encodeContents,
  encodeEnd,
  frameOf,
} from '../../src/replication/bundle-format.ts'
import { BundleLeader } from '../../src/replication/bundle-leader.ts'

type Described = BundleContents['partitions'][number]['described']

const described: Described = {
  logStartOffset: offset(0),
  logEndOffset: offset(0),
  epochs: [],
  segments: [],
  lastBatch: null,
  endEpoch: NO_LEADER_EPOCH,
}

/** A bundle of one partition whose checksums are right, with frames of batches as they are given. */
function open(partition: Described, ...batches: readonly Uint8Array[]): BundleLeader {
  const one = { topic: 't', partition: 0, described: partition, fromOffset: offset(0), before: null }
  const contents = { createdMs: 0, source: 's', topics: [], partitions: [one], groups: [] }
  const frames = [frameOf('contents', [encodeContents(contents)]), ...batches.map((body) => frameOf('batches', [body]))]
  const chainedCrc = frames.reduce((crc, frame) => chainCrc(crc, frame.crc), 0)
  const end = frameOf('end', [encodeEnd({ frameCount: frames.length, chainedCrc })])
  const fileSystem = new MemoryFileSystem()
  const file = fileSystem.open('/bundle', 'create')
  file.write(Buffer.concat([bundleMagic, ...[...frames, end].map(({ bytes }) => bytes)]), 0)
  file.close()
  return new BundleLeader(fileSystem, '/bundle')
}

test('a bundle that says what no log is like is refused before anything of it is applied', () => {
  open(described).close()
  const wrong: Described[] = [
    { ...described, logStartOffset: offset(-5) },
    { ...described, logStartOffset: offset(5) },
    { ...described, epochs: [3, 2].map((epoch) => ({ epoch: leaderEpoch(epoch), startOffset: offset(epoch) })) },
    { ...described, segments: [7, 7].map((base) => ({ baseOffset: offset(base), sizeInBytes: 1 })) },
  ]
  for (const partition of wrong)
    expect(() => open(partition), JSON.stringify(wrong.indexOf(partition))).toThrow(CorruptSegmentError)
  for (const body of [new Uint8Array(2), new Uint8Array(4), Uint8Array.of(0, 0, 0, 9)])
    expect(() => open(described, body)).toThrow(CorruptSegmentError)
})
