import { expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { seededRandom } from '../../src/base/random.ts'
import { directoryLeader } from '../../src/cli/replicate/directory-ends.ts'
import { followLeader } from '../../src/cli/replicate/follow-leader.ts'
import { replicaWindows } from '../../src/cli/replicate/replica-windows.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import type { GroupOffsets } from '../../src/replication/leader.ts'
import { LogDirectory, type LogDirectoryOptions } from '../../src/storage/log-directory.ts'
import { batch, T0 } from '../support/batches.ts'
import { plainRequest } from './plain-request.ts'

test('groups get positions of what was copied alone, and none behind its end, whatever the source says of them', async () => {
  const fileSystem = new MemoryFileSystem()
  const at = (path: string): LogDirectoryOptions => {
    return { fileSystem, path, clock: { now: () => T0 }, random: seededRandom(1), lockWaitMs: 0 }
  }
  const source = LogDirectory.openToWrite(at('/source'))
  for (const name of ['app', 'other']) source.createTopic({ name, partitionCount: 2, configs: new Map() })
  source.openLog({ topic: 'app', partition: 0 }).append(batch({ values: ['a', 'b', 'c'] }), 'now')
  source.close()

  const position = (topic: string, partition: number, target: number): GroupOffsets['offsets'][number] => {
    return { topic, partition, offset: offset(target) }
  }
  const said = [position('app', 0, 2), position('other', 0, 1), position('app', 7, 1), position('app', 1, -5)]
  const groups = async (): Promise<GroupOffsets[]> => [
    { groupId: 'within', offsets: said },
    { groupId: 'ahead', offsets: [position('app', 0, 1000)] },
    { groupId: 'elsewhere', offsets: [position('other', 1, 0)] },
  ]
  const leader = Object.assign(directoryLeader(at('/source')), { groups })
  const stored: GroupOffsets[] = []
  const seat = {
    directory: at('/copy'),
    windows: replicaWindows(),
    onProgress: () => undefined,
    onReport: () => undefined,
    storeGroups: async (given: readonly GroupOffsets[]) => stored.push(...given),
    stop: new AbortController().signal,
  }
  await followLeader(leader, { ...plainRequest, groups: true }, seat)
  leader.close()
  expect(stored).toEqual([
    { groupId: 'within', offsets: [position('app', 0, 2)] },
    { groupId: 'ahead', offsets: [position('app', 0, 3)] },
  ])
})
