import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { leaderEpoch, offset, producerId } from '../../src/base/brands.ts'
import { systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { NodeFileSystem } from '../../src/disk/node-file-system.ts'
import { buildEndTransactionMarker } from '../../src/record/control-record.ts'
import { LogDirectory } from '../../src/storage/log-directory.ts'
import { altered, clientBatch, fetch, listOffset, partitionsOf, recordsOf, sequenced } from './requests.ts'
import { ServeScene } from './serve-scene.ts'
import type { TestClient } from './test-client.ts'

let scene: ServeScene
let client: TestClient

/** A log with transactions of four producers: 1 aborted, 2 committed, 3 aborted, 4 open at offset 8. */
beforeAll(async () => {
  const path = mkdtempSync(join(tmpdir(), 'tslog-transactions-'))
  const world = { fileSystem: new NodeFileSystem(), clock: systemClock, random: systemRandom, lockWaitMs: 1000 }
  const directory = LogDirectory.openToWrite({ ...world, path })
  directory.createTopic({ name: 'tx', partitionCount: 1, configs: new Map() })
  const log = directory.openLog({ topic: 'tx', partition: 0 })
  const append = (bytes: Uint8Array): void => void log.append(bytes, 'never')
  append(transactional('a', 1))
  append(clientBatch(['plain']))
  append(transactional('b', 2))
  append(marker('ABORT', 1))
  append(marker('COMMIT', 2))
  append(transactional('c', 3))
  append(marker('ABORT', 3))
  append(clientBatch(['between']))
  append(transactional('d', 4))
  append(inAMinute(clientBatch(['behind the open one'])))
  directory.close()
  scene = await ServeScene.start([], path)
  client = await scene.connect()
})
afterAll(() => scene.remove())

function inAMinute(batch: Uint8Array): Uint8Array {
  const time = BigInt(Date.now()) + 60_000n
  return altered(batch, (view) => {
    view.setBigInt64(27, time)
    view.setBigInt64(35, time)
  })
}

function transactional(value: string, id: number): Uint8Array {
  return altered(sequenced(clientBatch([value]), 0, BigInt(id)), (view) => view.setInt16(21, 0x10))
}

function marker(type: 'ABORT' | 'COMMIT', id: number): Uint8Array {
  return buildEndTransactionMarker({
    type,
    producerId: producerId(id),
    producerEpoch: 0,
    coordinatorEpoch: 0,
    timestamp: Date.now(),
    baseOffset: offset(0),
    leaderEpoch: leaderEpoch(0),
  })
}

test('readers of committed records see up to the first open transaction, and which ones were aborted', async () => {
  const response = await fetch(client, [{ topic: 'tx', from: 0n }], { isolationLevel: 1 })
  expect(recordsOf(response).length).toBe(8)
  expect(partitionsOf(response)).toMatchObject([
    {
      highWatermark: 10n,
      lastStableOffset: 8n,
      abortedTransactions: [
        { producerId: 1n, firstOffset: 0n },
        { producerId: 3n, firstOffset: 5n },
      ],
    },
  ])
  const later = await fetch(client, [{ topic: 'tx', from: 4n }], { isolationLevel: 1 })
  expect(partitionsOf(later)[0]?.abortedTransactions).toEqual([{ producerId: 3n, firstOffset: 5n }])
})

test('other readers see all, and are told of no transactions', async () => {
  const response = await fetch(client, [{ topic: 'tx', from: 0n }])
  expect(recordsOf(response).length).toBe(10)
  expect(partitionsOf(response)[0]?.abortedTransactions).toBe(null)
})

test('the latest offset is that of the isolation that was asked for', async () => {
  expect((await listOffset(client, 'tx', -1, { isolationLevel: 0 })).offset).toBe(10n)
  expect((await listOffset(client, 'tx', -1, { isolationLevel: 1 })).offset).toBe(8n)
})

test('the record of the latest time is not told to who may not read it yet', async () => {
  expect((await listOffset(client, 'tx', -3, { isolationLevel: 0 })).offset).toBe(9n)
  expect(await listOffset(client, 'tx', -3, { isolationLevel: 1 })).toMatchObject({ errorCode: 0, offset: -1n })
})

test('a fetch of committed records at the last stable offset waits', async () => {
  const begun = performance.now()
  const response = await fetch(client, [{ topic: 'tx', from: 8n }], { isolationLevel: 1, maxWaitMs: 100 })
  expect(recordsOf(response)).toEqual([])
  expect(performance.now() - begun).toBeGreaterThan(90)
})
