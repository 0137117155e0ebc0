import { expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { DiskError, LockedError } from '../../src/base/errors.ts'
import { PartitionLog } from '../../src/storage/partition-log.ts'
import { takeServeLock } from '../../src/storage/serve-lock.ts'
import { crc32c } from '../../src/wire/crc32c.ts'
import { batch, T0 } from '../support/batches.ts'
import { directory, expected, logDirectory, PartitionScene, segmentPath } from './partition-scene.ts'
import { offerOne, sequenced } from './sequenced-batches.ts'

/** The partition as the server of the directory has it open. */
function serve(scene: PartitionScene, process = 'server'): PartitionLog {
  return new PartitionLog({ ...scene.options(scene.fileSystem.asProcess(process)), isServer: true })
}

test('readers see what is committed, and not before', async () => {
  const scene = new PartitionScene()
  const log = serve(scene)
  log.append(batch({ values: ['a'] }), 'commit')
  expect(log.offsets()).toMatchObject({ highWatermark: 0n, lastStableOffset: 0n, logEndOffset: 1n })
  expect(scene.read().records).toEqual([])
  const committed = log.commit()
  log.append(batch({ values: ['b'] }), 'commit')
  expect(await committed).toBe(1n)
  expect(scene.read().records).toEqual(expected(['a']))
  expect(await log.commit()).toBe(2n)
  expect(scene.read().records).toEqual(expected(['a', 'b']))
})

test('nothing counts as committed that no sync covers, also when another process has recovered the log meanwhile', async () => {
  const scene = new PartitionScene()
  const log = serve(scene)
  log.append(batch({ values: ['a'] }), 'commit')
  const committed = log.commit()
  log.append(batch({ values: ['b'] }), 'commit')
  const torn = scene.bytes(`${directory}/tslog.lock`)
  torn.fill(0xff, 48, 64)
  scene.overwrite(`${directory}/tslog.lock`, torn)
  serve(scene, 'keeper').offsets()
  expect(await committed).toBeLessThan(2n)
  expect(await log.commit()).toBe(2n)
  scene.powerCut()
  expect(scene.read().records).toEqual(expected(['a', 'b']))
})

test('what a server has not committed stays hidden when the tail is recovered beside it', () => {
  const scene = new PartitionScene()
  const lock = takeServeLock(scene.fileSystem.asProcess('server'), logDirectory)
  const log = serve(scene)
  log.markServed(true)
  const before = scene.bytes(`${directory}/tslog.lock`)
  log.append(batch({ values: ['a'] }), 'commit')
  scene.overwrite(`${directory}/tslog.lock`, before)
  expect(serve(scene, 'keeper').offsets()).toMatchObject({ highWatermark: 0n, logEndOffset: 1n })
  lock.close()
})

test('what was committed survives a power cut, over rolls too', async () => {
  const scene = new PartitionScene({ segmentBytes: 200 })
  const log = serve(scene)
  const values = Array.from({ length: 20 }, (_, i) => `value-${i}`)
  for (const [i, value] of values.entries()) {
    log.append(batch({ values: [value] }), 'commit')
    if (i % 3 === 0) await log.commit()
  }
  await log.commit()
  scene.powerCut()
  expect(scene.read().records).toEqual(expected(values))
})

test('a retry of an idempotent producer is answered with where it lies, and appended once', () => {
  const scene = new PartitionScene()
  const log = serve(scene)
  for (let i = 0; i < 6; i++)
    expect(offerOne(log, sequenced(i))).toMatchObject({ kind: 'appended', baseOffset: BigInt(i) })
  expect(offerOne(log, sequenced(1))).toEqual({ kind: 'duplicate', baseOffset: 1n, lastOffset: 1n, timestamp: T0 })
  expect(offerOne(log, sequenced(0))).toMatchObject({ kind: 'out-of-order', expectedSequence: 6 })
  expect(offerOne(log, sequenced(8))).toMatchObject({ kind: 'out-of-order', expectedSequence: 6 })
  expect(log.offsets().logEndOffset).toBe(6n)
})

test('batches that come together are judged one after the other, and those of others are written together', () => {
  const scene = new PartitionScene()
  const log = serve(scene)
  const both = [
    batch({ values: ['a', 'b'] }),
    batch({ values: ['c'] }),
    sequenced(0),
    sequenced(1),
    sequenced(1),
    sequenced(3),
  ]
  const kinds = log
    .offer(both, 'never')
    .map((offered) => ('baseOffset' in offered ? [offered.kind, offered.baseOffset] : [offered.kind]))
  expect(kinds).toEqual([
    ['appended', 0n],
    ['appended', 2n],
    ['appended', 3n],
    ['appended', 4n],
    ['duplicate', 4n],
    ['out-of-order'],
  ])
  expect(scene.read().records).toEqual(expected(['a', 'b', 'c', 'of 0', 'of 1']))
})

test('the window of an idempotent producer outlives a restart, and appends of others', () => {
  const scene = new PartitionScene()
  const log = serve(scene)
  for (let i = 0; i < 5; i++) offerOne(log, sequenced(i))
  scene.append('from the shell', 'and again')
  expect(offerOne(log, sequenced(1))).toMatchObject({ kind: 'duplicate', baseOffset: 1n })
  expect(offerOne(log, sequenced(5))).toMatchObject({ kind: 'appended', baseOffset: 7n })
  log.close()
  const next = serve(scene, 'next server')
  expect(offerOne(next, sequenced(2))).toMatchObject({ kind: 'duplicate', baseOffset: 2n })
  expect(offerOne(next, sequenced(6))).toMatchObject({ kind: 'appended', baseOffset: 8n })
})

test('a producer that wrote nothing for a day is forgotten, and begins anew with any sequence number', () => {
  const scene = new PartitionScene()
  let now = T0
  const options = scene.options(scene.fileSystem.asProcess('server'))
  const log = new PartitionLog({ ...options, isServer: true, clock: { now: () => now } })
  for (let i = 0; i < 3; i++) offerOne(log, sequenced(i))
  expect(offerOne(log, sequenced(9))).toMatchObject({ kind: 'out-of-order' })
  now += 86_400_000
  expect(offerOne(log, sequenced(9))).toMatchObject({ kind: 'appended', baseOffset: 3n })
})

test('a partition with the mark of a server takes appends of that server alone', () => {
  const scene = new PartitionScene()
  const lock = takeServeLock(scene.fileSystem.asProcess('server'), logDirectory)
  const log = serve(scene)
  const other = scene.open('shell')
  other.append(batch({ values: ['before'] }), 'never')
  log.markServed(true)
  log.append(batch({ values: ['of the server'] }), 'never')
  expect(() => other.append(batch({ values: ['refused'] }), 'never')).toThrow(LockedError)
  log.markServed(false)
  scene.append('after')
  expect(scene.read().records).toEqual(expected(['before', 'of the server', 'after']))
  lock.close()
})

test('the mark of a server that was killed stops nobody', () => {
  const scene = new PartitionScene()
  takeServeLock(scene.fileSystem.asProcess('server'), logDirectory)
  serve(scene).markServed(true)
  scene.fileSystem.kill('server')
  scene.append('by the next one')
  expect(scene.read()).toMatchObject({ records: expected(['by the next one']), nextOffset: offset(1n) })
})

test('what was appended before a server came is made durable by whoever appended it', async () => {
  const scene = new PartitionScene()
  const lock = takeServeLock(scene.fileSystem.asProcess('server'), logDirectory)
  const other = scene.open('shell')
  other.append(batch({ values: ['before'] }), 'later')
  serve(scene).markServed(true)
  await other.sync()
  expect(() => other.append(batch({ values: ['refused'] }), 'never')).toThrow(LockedError)
  lock.close()
  scene.powerCut()
  expect(scene.read().records).toEqual(expected(['before']))
})

test('who works beside a server and has to recover the log leaves the mark of the server there', () => {
  const scene = new PartitionScene()
  const lock = takeServeLock(scene.fileSystem.asProcess('server'), logDirectory)
  const log = serve(scene)
  log.markServed(true)
  log.append(batch({ values: ['of the server'] }), 'never')
  scene.overwrite(segmentPath(0, 'timeindex'), new Uint8Array(24).fill(127))
  const path = `${directory}/tslog.lock`
  const state = scene.bytes(path)
  // One byte of a time index that is said to be there makes it unsound.
  new DataView(state.buffer).setInt32(84, 24)
  new DataView(state.buffer).setUint32(8, crc32c(state.subarray(12, 120)))
  scene.overwrite(path, state)
  serve(scene, 'retention').roll(offset(1n))
  expect(() => scene.open('shell').append(batch({ values: ['refused'] }), 'never')).toThrow(LockedError)
  lock.close()
})

test('a commit holds when another process rolls the segment away and rewrites it meanwhile', async () => {
  const scene = new PartitionScene()
  const log = serve(scene)
  log.append(batch({ values: ['a'] }), 'commit')
  const committed = log.commit()
  expect(serve(scene, 'retention').roll(offset(1n))).toBe(true)
  const bytes = scene.bytes(segmentPath(0))
  scene.fileSystem.remove(segmentPath(0))
  scene.overwrite(segmentPath(0), bytes)
  expect(await committed).toBe(1n)
  log.append(batch({ values: ['b'] }), 'commit')
  expect(await log.commit()).toBe(2n)
  expect(scene.read().records).toEqual(expected(['a', 'b']))
})

test('a producer goes on behind damage in the segment that is written', () => {
  const scene = new PartitionScene()
  const log = serve(scene)
  for (let i = 0; i < 3; i++) offerOne(log, sequenced(i))
  log.close()
  const bytes = scene.bytes(segmentPath(0))
  // The length of the second batch.
  bytes.fill(127, bytes.length / 3 + 8, bytes.length / 3 + 12)
  scene.overwrite(segmentPath(0), bytes)
  const next = serve(scene, 'next server')
  for (let i = 3; i < 6; i++)
    expect(offerOne(next, sequenced(i))).toMatchObject({ kind: 'appended', baseOffset: BigInt(i) })
  expect(offerOne(next, sequenced(4))).toMatchObject({ kind: 'duplicate', baseOffset: 4n })
})

test('a disk that fails under the server is what the server hears of, and nothing is synced after it', async () => {
  const scene = new PartitionScene()
  const log = serve(scene)
  log.markServed(true)
  log.append(batch({ values: ['a'] }), 'commit')
  await log.commit()
  const stop = scene.fileSystem.failOn(({ name, path }) =>
    name === 'write' && path.endsWith('.log') ? { code: 'EIO', partialBytes: 20 } : undefined,
  )
  expect(() => log.append(batch({ values: ['b'] }), 'commit')).toThrow(DiskError)
  stop()
  expect(() => log.append(batch({ values: ['c'] }), 'commit')).toThrow(DiskError)
  await expect(log.sync()).rejects.toThrow(DiskError)
})

test('a write that fails where a server was killed is a failure of the disk, not the mark of that server', () => {
  const scene = new PartitionScene()
  const server = serve(scene)
  server.append(batch({ values: ['a'] }), 'now')
  server.markServed(true)
  scene.fileSystem.kill('server')
  scene.fileSystem.failOn(({ name, path }) =>
    name === 'write' && path.endsWith('.log') ? { code: 'EIO', partialBytes: 1000 } : undefined,
  )
  expect(() => scene.open('next').append(batch({ values: ['b'] }), 'now')).toThrow(DiskError)
})
