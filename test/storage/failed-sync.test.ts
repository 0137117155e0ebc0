import { describe, expect, test } from 'vitest'
import type { DiskError } from '../../src/base/errors.ts'
import type { PartitionLog } from '../../src/storage/partition-log.ts'
import { batch } from '../support/batches.ts'
import { expected, PartitionScene } from './partition-scene.ts'

/** Every sync of a `.log` fails while `act` runs, once for each open file: the kernel tells of it once, and counts the bytes as written. */
async function withFailingSyncs(scene: PartitionScene, act: () => Promise<unknown>): Promise<unknown> {
  const heal = scene.fileSystem.failOn(({ name, path }) =>
    name === 'sync' && path.endsWith('.log') ? { code: 'EIO' } : undefined,
  )
  try {
    return await act().catch((error: unknown) => error)
  } finally {
    heal()
  }
}

const long = 'x'.repeat(600)

const ways: [string, (log: PartitionLog) => Promise<unknown>][] = [
  ['an append that waits for the disk', async (log) => log.append(batch({ values: [`lost ${long}`] }), 'now')],
  [
    'a sync at the end',
    async (log) => {
      log.append(batch({ values: [`lost ${long}`] }), 'later')
      await log.sync()
    },
  ],
  [
    'a commit',
    async (log) => {
      log.append(batch({ values: [`lost ${long}`] }), 'commit')
      await log.commit()
    },
  ],
]

describe.each(ways)('a disk that fails once in %s and is well again', (_way, act) => {
  test('loses nothing that is acknowledged before or after, and shows nothing that it does not have', async () => {
    const scene = new PartitionScene()
    scene.open('first').append(batch({ values: ['before'] }), 'now')
    const failing = scene.open('failing')
    const error = await withFailingSyncs(scene, () => act(failing))
    expect(error).toMatchObject({ name: 'DiskError', code: 'EIO' } satisfies Partial<DiskError>)
    expect(() => failing.append(batch({ values: ['never'] }), 'now')).toThrow('EIO')

    scene.open('next').append(batch({ values: ['after'] }), 'now')
    const seen = scene.read()
    expect(seen.damages).toEqual([])
    scene.powerCut()
    const left = scene.read()
    expect(left).toEqual(seen)
    expect(left.records.map((record) => record.slice(0, 12))).toEqual(
      expected(['before', `lost ${long}`, 'after']).map((record) => record.slice(0, 12)),
    )
    expect(scene.logEndOffset()).toBe(3n)
  })
})
