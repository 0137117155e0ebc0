import { setTimeout as sleep } from 'node:timers/promises'
import { NotFoundError } from '../../base/errors.ts'
import type { BatchWindows } from '../../record/batch-windows.ts'
import { DirectoryLeader } from '../../replication/directory-leader.ts'
import type { GroupOffsets, Leader } from '../../replication/leader.ts'
import { LogDirectory, type LogDirectoryOptions } from '../../storage/log-directory.ts'
import { DirectoryStore } from '../../store/directory-store.ts'
import { fetchBytes, replicaWindows } from './replica-windows.ts'
import { readGroupOffsets, storeGroupOffsets } from './group-offsets.ts'

/** A directory of this machine as the source of a copy. */
export function directoryLeader(options: LogDirectoryOptions, windows: BatchWindows = replicaWindows()): Leader {
  return new DirectoryLeader({
    fileSystem: options.fileSystem,
    directory: LogDirectory.openToRead(options),
    windows,
    fetchBytes,
    groups: (topics) => withStore(options, (store) => readGroupOffsets(store, topics)),
    pause: (ms) => sleep(ms),
  })
}

/** The directory of the other end, which is not there by `-d`. */
export function peersDirectoryLeader(options: LogDirectoryOptions, windows: BatchWindows): Leader {
  try {
    return directoryLeader(options, windows)
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
    throw new NotFoundError(error.message, { cause: error, hint: 'with --from, PEER names what is copied from' })
  }
}

/** Stores what groups have committed in a directory of this machine. */
export function storeGroupsIn(options: LogDirectoryOptions, groups: readonly GroupOffsets[]): Promise<number> {
  return withStore(options, (store) => storeGroupOffsets(store, groups))
}

/** The same in a directory that this process serves: only the server itself knows who is in a group now. */
export async function storeGroupsInServed(path: string, groups: readonly GroupOffsets[]): Promise<number> {
  const { openServerStore } = await import('../open-broker-store.ts')
  const store = openServerStore(path)
  try {
    return await storeGroupOffsets(store, groups)
  } finally {
    store.close()
  }
}

async function withStore<T>(options: LogDirectoryOptions, act: (store: DirectoryStore) => Promise<T>): Promise<T> {
  const store = new DirectoryStore(options)
  try {
    return await act(store)
  } finally {
    store.close()
  }
}
