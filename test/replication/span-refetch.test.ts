import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Offset, offset } from '../../src/base/brands.ts'
import { MalformedMessageError } from '../../src/base/errors.ts'
import { BatchWindows } from '../../src/record/batch-windows.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'
import { refetchSpan } from '../../src/replication/span-refetch.ts'
import { PartitionMaintenance } from '../../src/storage/partition-maintenance.ts'
import { batch } from '../support/batches.ts'
import { directory, expected, PartitionScene } from '../storage/partition-scene.ts'
import { values, written } from '../storage/swap-scene.ts'

const gaps: Offset[] = []
beforeEach(() => gaps.splice(0))

/** The batches that a leader has where the copy has those at 2 and 3, which are a segment. */
function refetched(...batches: readonly Uint8Array[]): Promise<PartitionScene> {
  const leaderBytes = batches.reduce((sum, { length }) => sum + length, 0)
  return refetchedAs(leaderBytes, batches)
}

/** The same, where the leader said that its segment has so many bytes. */
async function refetchedAs(leaderBytes: number, batches: readonly Uint8Array[]): Promise<PartitionScene> {
  const scene = written()
  const log = scene.open('follower')
  const maintenance = PartitionMaintenance.begin(scene.fileSystem, directory)
  onTestFinished(() => maintenance.end())
  const bytes = Buffer.concat(batches)
  const from = (target: bigint): Uint8Array => {
    let at = 0
    while (at < bytes.length && new RecordBatch(bytes, at).nextOffset <= target)
      at += new RecordBatch(bytes, at).sizeInBytes
    return Uint8Array.from(bytes.subarray(at))
  }
  await refetchSpan(
    { start: offset(2), end: offset(4), own: [offset(2)], leader: [offset(2)], leaderBytes },
    {
      fileSystem: scene.fileSystem,
      log,
      indexIntervalBytes: 100,
      windows: new BatchWindows(1024),
      fetch: async (target) => from(target),
      giveBack: () => undefined,
      onCopied: async () => undefined,
      onGap: (end) => gaps.push(end),
    },
  )
  return scene
}

function at(baseOffset: number, ...names: string[]): Uint8Array {
  return batch({ values: names, baseOffset: offset(baseOffset) })
}

describe('a segment that is fetched anew', () => {
  test('takes the place of what was there', async () => {
    const scene = await refetched(at(3, 'rewritten'))
    const left = expected(values).filter((_, index) => index !== 2 && index !== 3)
    expect(scene.read().records).toEqual([...left.slice(0, 2), '3 rewritten', ...left.slice(2)])
    expect(gaps).toEqual([offset(3)])
  })

  test.each([
    ['nothing', []],
    ['less', [at(3, 'rewritten')]],
  ])('leaves what was there where %s of it comes, since the leader was trimmed meanwhile', async (_what, batches) => {
    const scene = await refetchedAs(1000, batches)
    expect(scene.read().records).toEqual(expected(values))
    expect(gaps).toEqual([])
  })

  test.each([
    ['at its end', [at(2, 'a')], [4]],
    ['nowhere', [at(2, 'a', 'b')], []],
    ['as a whole', [], [4]],
  ])('tells where offsets are missing: %s', async (_where, batches, ends) => {
    await refetched(...batches)
    expect(gaps).toEqual(ends.map((end) => offset(end)))
  })

  test.each([
    ['go back', [at(3, 'b'), at(2, 'a')]],
    ['are there twice', [at(2, 'a', 'b'), at(3, 'b')]],
    ['begin before it', [at(1, 'a', 'b'), at(3, 'c')]],
    ['reach into the next one', [at(2, 'a'), at(3, 'b', 'c')]],
  ])('is refused when its offsets %s', async (_how, batches) => {
    await expect(refetched(...batches)).rejects.toThrow(MalformedMessageError)
  })
})
