import { expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { directoryLeader } from '../../src/cli/replicate/directory-ends.ts'
import { followLeader } from '../../src/cli/replicate/follow-leader.ts'
import { replicaWindows } from '../../src/cli/replicate/replica-windows.ts'
import { NodeFileSystem } from '../../src/disk/node-file-system.ts'
import type { LogDirectoryOptions } from '../../src/storage/log-directory.ts'
import { plainRequest } from './plain-request.ts'
import { lines, ReplicaScene } from './replica-scene.ts'

/** The source is trimmed while it is copied, as soon as something has come. */
async function copyWhileTrimmed(scene: ReplicaScene, keepsOld: boolean): Promise<void> {
  const options = (path: string): LogDirectoryOptions => ({
    fileSystem: new NodeFileSystem(),
    clock: systemClock,
    random: systemRandom,
    path,
    lockWaitMs: 1000,
  })
  const windows = replicaWindows()
  const leader = directoryLeader(options(scene.source.directory), windows)
  let isTrimmed = false
  await followLeader(
    leader,
    { ...plainRequest, keepsOld },
    {
      directory: options(scene.copy.directory),
      windows,
      onProgress: () => {
        if (!isTrimmed) scene.source.done(['topics', 'trim', 'app', '-o', '25500', '--yes'])
        isTrimmed = true
      },
      onReport: () => undefined,
      storeGroups: async () => 0,
      stop: new AbortController().signal,
    },
  ).finally(() => leader.close())
}

test.each([false, true])(
  'a copy that a trim of its source overtakes goes on where that begins now, and misses nothing of it (--keep: %s)',
  async (keepsOld) => {
    const scene = new ReplicaScene()
    // In segments, so that what is trimmed is gone; and more of them than are asked for ahead.
    scene.source.produce(
      'app',
      lines(30_000, 'x'.repeat(80)),
      '--config',
      'segment.bytes=60000',
      '--batch-size',
      '2000',
    )
    await copyWhileTrimmed(scene, keepsOld)
    const copied = scene.copy.numbered('app')
    expect(copied.filter(({ offset }) => offset >= 25_500)).toEqual(scene.source.numbered('app'))
    expect(copied[0]?.offset).toBe(keepsOld ? 0 : 25_500)
    expect(scene.copy.run(['verify'])).toMatchObject({ code: 0 })
  },
)
