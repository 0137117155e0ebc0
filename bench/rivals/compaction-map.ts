// node compaction-map.ts kernel|map KEYS [MAP_BYTES]: notes that many distinct keys of 21 bytes in compaction's map, or in a Map of JavaScript as one would
// write it, looks each of them up again, and prints the seconds of both.
import { readFileSync } from 'node:fs'
import { offset } from '../../src/base/brands.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'
import { RecordBatchBuilder } from '../../src/record/record-batch-builder.ts'
import { createCleanerKernel } from '../../src/storage/kernel/cleaner-kernel.ts'

const [side, count, bytes] = process.argv.slice(2)
const keys = Number(count)
const perBatch = 1000
const keyBytes = 21
/** Room for 13 million slots of 24 bytes: four in five of them are used at most. */
const mapBytes = Number(bytes ?? 320_000_000)

/** Keys in no order, as a hash of their number has them: what lies near each other in the input does not in the map. */
function keyOf(n: number): string {
  const scattered = Math.imul(n, 0x9e37_79b1) >>> 0
  return `user-${String(scattered).padStart(10, '0')}-${String(n % 100_000).padStart(5, '0')}`
}

/** Calls `work` for each thousand of keys, twice, and sums up the time it takes. */
function timed(work: (first: number, isNoted: boolean) => () => void): number {
  let ms = 0
  for (const isNoted of [false, true]) {
    for (let first = 0; first < keys; first += perBatch) {
      const run = work(first, isNoted)
      const start = performance.now()
      run()
      ms += performance.now() - start
    }
  }
  return ms / 1000
}

function withKernel(): number {
  const kernel = createCleanerKernel({ mapBytes, secret: new Uint8Array(16) })
  kernel.reserve(256 * 1024)
  const keysMax = kernel.beginMap(keys)
  const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 2 ** 30 })
  const value = new Uint8Array(1)
  return timed((first, isNoted) => {
    builder.reset()
    for (let i = 0; i < perBatch; i++)
      builder.append({ key: Buffer.from(keyOf(first + i), 'latin1'), value, timestamp: 0 })
    const batch = new RecordBatch(builder.build(offset(first)))
    const section = batch.bytes.subarray(RecordBatch.overhead)
    kernel.memory.set(section)
    const records = { start: 0, end: section.length, recordCount: perBatch, baseOffset: batch.baseOffset }
    if (!isNoted) return () => void kernel.noteKeys({ ...records, firstOffset: offset(0), keysMax })
    const rules = {
      latestOffset: offset(keys),
      keepsTombstones: true,
      mustCopy: false,
      baseShift: 'first',
      out: 131_072,
    } as const
    return () => {
      if (kernel.filterRecords({ ...records, ...rules })?.kept !== perBatch) throw new Error('a key is not found')
    }
  })
}

function withMap(): number {
  const map = new Map<string, number>()
  const bytes = Buffer.alloc(perBatch * keyBytes)
  const keyAt = (i: number): string => bytes.toString('latin1', i * keyBytes, (i + 1) * keyBytes)
  return timed((first, isNoted) => {
    for (let i = 0; i < perBatch; i++) bytes.write(keyOf(first + i), i * keyBytes, 'latin1')
    return () => {
      for (let i = 0; i < perBatch; i++) {
        if (!isNoted) map.set(keyAt(i), first + i)
        else if (map.get(keyAt(i)) !== first + i) throw new Error('a key is not found')
      }
    }
  })
}

process.stdout.write(`${side === 'kernel' ? withKernel() : withMap()}\n`)
const [, anonymousKb] = /^RssAnon:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
process.stderr.write(`RssAnon ${Math.round(Number(anonymousKb) / 1000)} MB\n`)
