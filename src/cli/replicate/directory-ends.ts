import { setTimeout as sleep } from 'node:timers/promises'
import { kernelBatchWindow } from '../../record/batch-window.ts'
import { createKernel } from '../../record/kernel/kernel.ts'
import { DirectoryLeader } from '../../replication/directory-leader.ts'
import type { GroupOffsets, Leader } from '../../replication/leader.ts'
import { LogDirectory, type LogDirectoryOptions } from '../../storage/log-directory.ts'
import { DirectoryStore } from '../../store/directory-store.ts'
import { readGroupOffsets, storeGroupOffsets } from './group-offsets.ts'

/** Bytes that one fetch gives at most, but for a single batch that is larger. */
const fetchBytes = 1024 * 1024

/** A directory of this machine as the source of a copy. */
export function directoryLeader(options: LogDirectoryOptions): Leader {
  return new DirectoryLeader({
    fileSystem: options.fileSystem,
    directory: LogDirectory.openToRead(options),
    window: kernelBatchWindow(createKernel({ memoryBytes: fetchBytes })),
    groups: (topics) => withStore(options, (store) => readGroupOffsets(store, topics)),
    pause: (ms) => sleep(ms),
  })
}

/** Stores what groups have committed in a directory of this machine. */
export function storeGroupsIn(options: LogDirectoryOptions, groups: readonly GroupOffsets[]): Promise<number> {
  return withStore(options, (store) => storeGroupOffsets(store, groups))
}

async function withStore<T>(options: LogDirectoryOptions, act: (store: DirectoryStore) => Promise<T>): Promise<T> {
  const store = new DirectoryStore(options)
  try {
    return await act(store)
  } finally {
    store.close()
  }
}
