import { expect, test } from 'vitest'
import type { BrokerLog } from '../../../src/broker/broker-log.ts'
import { systemContext } from '../../../src/cli/context.ts'
import { KeptReplications } from '../../../src/cli/serve/kept-replications.ts'
import { type ReplicateEntry, takeReplicateEntries } from '../../../src/cli/serve/replicate-settings.ts'
import { MemoryFileSystem } from '../../../src/disk/memory-file-system.ts'
import type { FollowersDirectory } from '../../../src/replication/followers-directory.ts'

/** Replications from a directory that is not there: each is tried again and again. */
function replications(): { kept: KeptReplications; events: string[] } {
  const events: string[] = []
  const note = (event: string): void => void events.push(event)
  const log: BrokerLog = { info: note, warn: note, error: note }
  const context = systemContext()
  const { clock, random } = context
  const directory = { fileSystem: new MemoryFileSystem(), clock, random, path: '/log', lockWaitMs: 0 }
  const followersDirectory = (): FollowersDirectory => ({}) as FollowersDirectory
  const kept = new KeptReplications({ context, log, directory, followersDirectory, ownLog: () => undefined })
  return { kept, events }
}

function entries(bwlimit: string): ReplicateEntry[] {
  const texts = { 'replicate.a.peer': '/missing', 'replicate.a.topics': '*', 'replicate.a.from': 'true' }
  return takeReplicateEntries(new Map(Object.entries({ ...texts, 'replicate.a.bwlimit': bwlimit })), 'settings')
}

test('settings that are read again one upon the other hold in their order, and none after the stop', async () => {
  const { kept, events } = replications()
  await kept.apply(entries('1M'))
  await Promise.all([kept.apply(entries('2M')), kept.apply([])])
  expect(kept.all).toEqual([])
  await kept.apply(entries('3M'))
  await Promise.all([kept.apply(entries('4M')), kept.stop(), kept.apply(entries('5M'))])
  expect(kept.all).toEqual([])
  await kept.apply(entries('6M'))
  expect(kept.all).toEqual([])
  const count = (name: string): number => events.filter((event) => event === name).length
  expect(count('replication ends')).toBe(count('replication begins'))
})
