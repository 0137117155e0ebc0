import { systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { NodeFileSystem } from '../../src/disk/node-file-system.ts'
import { plainBatchWindow } from '../../src/record/batch-window.ts'
import { decompress } from '../../src/record/compression/compression.ts'
import { scanBatch } from '../../src/record/log-batch.ts'
import { forEachRecord } from '../../src/record/records.ts'
import { DirectoryStore } from '../../src/store/directory-store.ts'

/** A record as a test compares it; bytes are shown as latin1 text. */
export interface SeenRecord {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly string[]
  readonly codec: string
}

/** Every record of a topic, read through the engine in this process, by partition and offset; `undefined` when there is no such topic. */
export async function readTopic(directory: string, topic: string): Promise<SeenRecord[] | undefined> {
  const store = new DirectoryStore({
    fileSystem: new NodeFileSystem(),
    clock: systemClock,
    random: systemRandom,
    path: directory,
    lockWaitMs: 1000,
  })
  try {
    const found = await store.findTopic(topic)
    if (found === undefined) return undefined
    const records: SeenRecord[] = []
    for (let partition = 0; partition < found.partitionCount; partition++) {
      await readPartition(store, { topic, partition }, records)
    }
    return records
  } finally {
    store.close()
  }
}

async function readPartition(
  store: DirectoryStore,
  partition: { topic: string; partition: number },
  records: SeenRecord[],
): Promise<void> {
  const source = await store.openSource(partition, 'read_uncommitted')
  const window = plainBatchWindow(4 * 1024 * 1024)
  for (;;) {
    const read = await source.read(window)
    if (read.kind === 'end') break
    if (read.kind !== 'batches') throw new Error(`reading gave ${read.kind}`)
    for (let at = 0; at < read.end;) {
      const scanned = scanBatch(window.bytes, at, read.end)
      if (scanned.kind !== 'batch') throw new Error(`scanning gave ${scanned.kind}`)
      const { batch } = scanned
      at += batch.sizeInBytes
      forEachRecord(
        batch,
        (record) => {
          records.push({
            partition: partition.partition,
            offset: Number(record.offset),
            timestamp: record.timestamp,
            key: latin1(record.keyBytes()),
            value: latin1(record.valueBytes()),
            headers: record.headers().map(({ key, value }) => `${key}=${latin1(value)}`),
            codec: batch.codec,
          })
        },
        { decompress },
      )
    }
  }
  source.close()
}

function latin1(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('latin1')
}
