import { expect, test } from 'vitest'
import { offset } from '../../../src/base/brands.ts'
import { systemRandom } from '../../../src/base/random.ts'
import { recordsOf, shownBatches } from '../../../src/cli/replicate/sent-batches.ts'
import { MemoryFileSystem } from '../../../src/disk/memory-file-system.ts'
import { LogDirectory } from '../../../src/storage/log-directory.ts'
import { DirectorySource } from '../../../src/store/directory-source.ts'
import { batch, T0 } from '../../support/batches.ts'

test('of a batch that is trimmed before it is its turn only what is left is sent', async () => {
  const fileSystem = new MemoryFileSystem()
  const path = '/log'
  const directory = LogDirectory.openToWrite({
    fileSystem,
    path,
    clock: { now: () => T0 },
    random: systemRandom,
    lockWaitMs: 0,
  })
  const partition = { topic: 't', partition: 0 }
  directory.createTopic({ name: 't', partitionCount: 1, configs: new Map([['segment.bytes', '100']]) })
  for (const values of [
    ['a', 'b', 'c'],
    ['d', 'e', 'f'],
  ])
    directory.openLog(partition).append(batch({ values }), 'never')
  const source = new DirectorySource(directory.openReader(partition), partition, {
    fileSystem,
    path,
    isolation: 'read_committed',
  })
  const sent: bigint[] = []
  for await (const { batch: next, from } of shownBatches(source, offset(0), offset(6))) {
    sent.push(...recordsOf(next, from).map((record) => record.offset))
    directory.trim(partition, offset(4))
  }
  expect(sent).toEqual([0n, 1n, 2n, 4n, 5n])
  source.close()
  directory.close()
})
