import { offset, producerId } from '../../../src/base/brands.ts'
import { OffsetIndex } from '../../../src/storage/offset-index.ts'
import { lastTimeEntry, TimeIndex } from '../../../src/storage/time-index.ts'
import { TransactionIndex } from '../../../src/storage/transaction-index.ts'
import { BytesFile } from '../bytes-file-system.ts'
import { type FuzzTarget, tried } from '../fuzz-target.ts'

const baseOffset = offset(1000)

/** One file, taken for an index of each kind. */
export const index: FuzzTarget = {
  name: 'index',
  bytesMax: 8192,
  seeds: () => [
    offsets(3),
    offsets(600),
    times(3),
    times(400),
    transactions(3),
    transactions(130),
    new Uint8Array(0),
    new Uint8Array(96),
  ],
  run: (bytes) => {
    tried(() => readOffsets(bytes))
    tried(() => readTimes(bytes))
    tried(() => readTransactions(bytes))
  },
}

function readOffsets(bytes: Uint8Array): void {
  const one = new OffsetIndex(new BytesFile(bytes), baseOffset)
  one.check()
  one.verify(2 ** 30)
  for (const at of [0n, 1000n, 1001n, 5000n, 2n ** 40n]) one.lookup(offset(at))
  for (const slot of slots(one.entryCount)) one.entry(slot)
  one.truncateTo(offset(2000))
  one.trim()
  if (one.check().kind === 'padded') throw new Error('an index that was trimmed is padded')
}

function readTimes(bytes: Uint8Array): void {
  const one = new TimeIndex(new BytesFile(bytes), baseOffset)
  lastTimeEntry(new BytesFile(bytes), baseOffset)
  one.check()
  one.verify(offset(2n ** 40n))
  for (const at of [-1, 0, 1_700_000_000_000, 2 ** 53]) one.lookup(at)
  for (const slot of slots(one.entryCount)) one.entry(slot)
  one.truncateTo(offset(2000))
  one.trim()
}

function readTransactions(bytes: Uint8Array): void {
  const one = new TransactionIndex(new BytesFile(bytes))
  one.findDamage(baseOffset)
  for (const slot of slots(one.entryCount)) tried(() => one.entry(slot))
  tried(() => one.collectAborted(offset(1010), offset(2000)))
  one.truncateTo(offset(2000))
}

function slots(count: number): number[] {
  return count === 0 ? [] : [0, count >> 1, count - 1]
}

function offsets(count: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * count))
  for (let n = 0; n < count; n++) {
    view.setInt32(8 * n, 7 * n + 3)
    view.setInt32(8 * n + 4, 4096 * (n + 1))
  }
  return new Uint8Array(view.buffer)
}

function times(count: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(12 * count))
  for (let n = 0; n < count; n++) {
    view.setBigInt64(12 * n, BigInt(1_700_000_000_000 + 11 * n))
    view.setInt32(12 * n + 8, 7 * n + 3)
  }
  return new Uint8Array(view.buffer)
}

function transactions(count: number): Uint8Array {
  const file = new BytesFile(new Uint8Array(0))
  const one = new TransactionIndex(file)
  for (let n = 0; n < count; n++) {
    const firstOffset = offset(1000 + 10 * n)
    const lastOffset = offset(1007 + 10 * n)
    one.append({ producerId: producerId(n % 4), firstOffset, lastOffset, lastStableOffset: lastOffset })
  }
  const bytes = new Uint8Array(file.size())
  file.read(bytes, 0)
  return bytes
}
