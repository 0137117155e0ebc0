import { expect, test } from 'vitest'
import { leaderEpoch, type Offset, offset } from '../../src/base/brands.ts'
import { MalformedMessageError } from '../../src/base/errors.ts'
import { type FollowerAppend, takeLeaderEpochs } from '../../src/storage/follower-append.ts'
import { batch } from '../support/batches.ts'
import { directory, PartitionScene, readBytes, recordsOf, segmentPath } from './partition-scene.ts'

const reach = 2n ** 31n
const far = [0n, 1n, reach - 1n, reach, reach + 7n, 3n * reach, 3n * reach + 1n, 10n * reach, 11n * reach].map(offset)

function follower(logEndOffset: Offset, rollsByItself: boolean): FollowerAppend {
  return { logEndOffset, rollsByItself, leaderEpochs: [] }
}

function batches(offsets: readonly Offset[]): Uint8Array {
  return Uint8Array.from(offsets.flatMap((at) => [...batch({ values: [`at ${at}`], baseOffset: at })]))
}

/** Segments by their base offsets, each with the offsets in it. */
function segmentsOf(scene: PartitionScene): Map<bigint, bigint[]> {
  const logs = scene.names().filter((name) => name.endsWith('.log'))
  return new Map(
    logs.map((name) => {
      const bytes = readBytes(scene.fileSystem, `${directory}/${name}`)
      return [BigInt(name.slice(0, 20)), recordsOf(bytes).map(({ at }) => at)]
    }),
  )
}

test.each([
  ['one by one', true, true],
  ['all at once', false, true],
  ['one by one, whose segments are its leader’s', true, false],
  ['all at once, whose segments are its leader’s', false, false],
])('a follower rolls where offsets are out of reach of its segment: %s', (_, isSingle, rollsByItself) => {
  const scene = new PartitionScene({ indexIntervalBytes: 0 })
  const log = scene.open()
  if (isSingle) {
    for (const at of far) log.appendAsFollower(batches([at]), follower(log.offsets().logEndOffset, rollsByItself))
  } else {
    const { baseOffset, nextOffset } = log.appendAsFollower(batches(far), follower(offset(0n), rollsByItself))
    expect([baseOffset, nextOffset]).toEqual([0n, 11n * reach + 1n])
  }
  log.close()
  const found = segmentsOf(scene)
  for (const [base, offsets] of found) for (const at of offsets) expect(at - base).toBeLessThan(reach)
  expect([...found.values()].flat()).toEqual(far)
  expect([...found.keys()]).toEqual([0n, reach, 3n * reach, 10n * reach, 11n * reach])
  expect(scene.read()).toMatchObject({ records: far.map((at) => `${at} at ${at}`), damages: [] })
  // Recovery from the log alone finds all of it in its place.
  const index = scene.bytes(segmentPath(0, 'index'))
  scene.fileSystem.remove('/log/recovery-point-offset-checkpoint')
  scene.reboot()
  for (const name of scene.names()) if (/index$|lock$/.test(name)) scene.fileSystem.remove(`${directory}/${name}`)
  expect(scene.logEndOffset()).toBe(11n * reach + 1n)
  expect(scene.bytes(segmentPath(0, 'index'))).toEqual(index)
  expect(scene.read()).toMatchObject({ records: far.map((at) => `${at} at ${at}`), damages: [] })
  expect(scene.warnings).toEqual([])
})

test('a follower takes nothing after which no offset or leader epoch would be left for a record of its own', () => {
  const scene = new PartitionScene()
  const log = scene.open()
  const last = offset(2n ** 63n - 1n)
  const from = follower(offset(0n), false)
  const ofLastEpoch = batch({ values: ['a'] })
  new DataView(ofLastEpoch.buffer, ofLastEpoch.byteOffset).setInt32(12, 2 ** 31 - 1)
  expect(() => log.appendAsFollower(batches([offset(last - 1n)]), from)).toThrow(MalformedMessageError)
  expect(() => log.appendAsFollower(new Uint8Array(), { ...from, segmentBaseOffset: last })).toThrow(
    MalformedMessageError,
  )
  expect(() => log.appendAsFollower(ofLastEpoch, from)).toThrow(MalformedMessageError)
  const lastEpoch = { epoch: leaderEpoch(2 ** 31 - 1), startOffset: offset(0n) }
  expect(() => takeLeaderEpochs(log, scene.fileSystem, [lastEpoch])).toThrow(MalformedMessageError)
  log.append(batch({ values: ['own'] }), 'now')
  log.close()
  expect(scene.read()).toMatchObject({ records: ['0 own'], damages: [] })
})
