import { describe, expect, test } from 'vitest'
import { offset, producerId } from '../../src/base/brands.ts'
import { PartitionView } from '../../src/storage/partition-view.ts'
import { quarantine } from '../../src/storage/quarantine.ts'
import { TransactionIndex } from '../../src/storage/transaction-index.ts'
import { TransactionView } from '../../src/storage/transaction-view.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'
import { batch, numbered } from '../support/batches.ts'
import { directory, expected, PartitionScene, segmentPath } from './partition-scene.ts'

const values = numbered(6)
const lockPath = `${directory}/tslog.lock`
const tiny = { segmentBytes: 200 }

function epochLines(scene: PartitionScene): string {
  return new TextDecoder().decode(scene.bytes(`${directory}/leader-epoch-checkpoint`))
}

function flip(bytes: Uint8Array, at: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ 0xff
}

describe('the leader epoch', () => {
  test('goes up after a power cut that ended the log exactly behind a batch', () => {
    const scene = new PartitionScene()
    scene.append(...values)
    const whole = scene.bytes(segmentPath(0))
    scene.overwrite(segmentPath(0), whole.subarray(0, (whole.length / 6) * 4))
    scene.reboot()
    expect(scene.logEndOffset()).toBe(4n)
    expect(epochLines(scene)).toBe('0\n2\n0 0\n1 4\n')
    expect(scene.logEndOffset()).toBe(4n)
    expect(epochLines(scene)).toBe('0\n2\n0 0\n1 4\n')
  })

  test('stays after a power cut when all had been synced', () => {
    const scene = new PartitionScene()
    const log = scene.open()
    for (const value of values) log.append(batch({ values: [value] }), 'now')
    log.close()
    scene.reboot()
    expect(scene.logEndOffset()).toBe(6n)
    expect(epochLines(scene)).toBe('0\n1\n0 0\n')
  })
})

test('a state torn by the kill of its writer is of this boot: damage before the end is left', () => {
  const scene = new PartitionScene()
  scene.append(...values)
  const whole = scene.bytes(segmentPath(0))
  flip(whole, 2 * (whole.length / 6) + 70)
  scene.overwrite(segmentPath(0), whole)
  const state = scene.bytes(lockPath)
  flip(state, 50)
  scene.overwrite(lockPath, state)
  expect(scene.logEndOffset()).toBe(6n)
  expect(scene.bytes(segmentPath(0))).toEqual(whole)
  expect(epochLines(scene)).toBe('0\n1\n0 0\n')
})

test('a quarantined piece is never written over by another one', () => {
  const scene = new PartitionScene()
  const { fileSystem } = scene
  const path = `${directory}/00000000000000000000.5.corrupt`
  const keep = (text: string): string => {
    scene.overwrite('/log/piece', new TextEncoder().encode(`01234${text}`))
    const log = fileSystem.open('/log/piece', 'read')
    const kept = quarantine(fileSystem, path, { log, position: 5, end: log.size() })
    log.close()
    expect(new TextDecoder().decode(scene.bytes(kept))).toBe(text)
    return kept
  }
  scene.overwrite(path, new TextEncoder().encode('fir'))
  expect(keep('first')).toBe(path)
  const second = keep('other')
  expect(second).not.toBe(path)
  expect(keep('first')).toBe(path)
  expect(keep('other')).toBe(second)
})

test('a segment that is deleted under a reader of committed records has no transactions to tell', () => {
  const scene = new PartitionScene(tiny)
  scene.append(...values)
  const view = new PartitionView({ fileSystem: scene.fileSystem, directory })
  scene.fileSystem.remove(segmentPath(0))
  const transactions = new TransactionView(scene.fileSystem, directory, view)
  expect(transactions.isAborted(new RecordBatch(batch({ values: ['x'] })))).toBe(false)
  view.close()
})

test('transactions that a killed writer noted behind the end of the log are dropped before its batches are met again', () => {
  const scene = new PartitionScene()
  scene.append(...values)
  const state = scene.bytes(lockPath)
  scene.append('next')
  scene.overwrite(lockPath, state)
  const file = scene.fileSystem.open(segmentPath(0, 'txnindex'), 'create')
  const index = new TransactionIndex(file)
  const [firstOffset, lastStableOffset] = [offset(3n), offset(4n)]
  for (const last of [4n, 6n]) {
    index.append({ producerId: producerId(1n), firstOffset, lastOffset: offset(last), lastStableOffset })
  }
  file.close()
  expect(scene.logEndOffset()).toBe(7n)
  expect(scene.bytes(segmentPath(0, 'txnindex')).length).toBe(TransactionIndex.entryBytes)
})

test.each(['now', 'later'] as const)(
  'what others left to the system is durable once a writer syncs (%s)',
  async (durability) => {
    const scene = new PartitionScene(tiny)
    scene.append(...values)
    const log = scene.open('careful')
    log.append(batch({ values: ['last'] }), durability)
    await log.sync()
    log.close()
    scene.powerCut()
    expect(scene.logEndOffset()).toBe(7n)
    expect(scene.read().records).toEqual(expected([...values, 'last']))
  },
)
