import { type Offset, offset } from '../../../src/base/brands.ts'
import { consume } from '../../../src/cli/consume.ts'
import { consumeSpec } from '../../../src/cli/specs/consume.ts'
import { tailSpec } from '../../../src/cli/specs/tail.ts'
import { tail } from '../../../src/cli/tail.ts'
import type { CompressionCodec } from '../../../src/record/codec.ts'
import { RecordBatch } from '../../../src/record/record-batch.ts'
import { RecordBatchBuilder } from '../../../src/record/record-batch-builder.ts'
import type { RecordHeader } from '../../../src/record/records.ts'
import { T0 } from '../../support/batches.ts'
import type { Invocation, Outcome, ScratchLog } from '../scratch-log.ts'

type Flags = NonNullable<Invocation['flags']>

export function consumed(log: ScratchLog, flags: Flags = {}, rest: Invocation = {}): Promise<Outcome> {
  return log.run(consumeSpec, consume, { operands: ['t'], ...rest, flags })
}

export function tailed(log: ScratchLog, flags: Flags = {}, rest: Invocation = {}): Promise<Outcome> {
  return log.run(tailSpec, tail, { operands: ['t'], ...rest, flags })
}

/** What stdout is after these values. */
export function lines(...values: readonly (string | number)[]): string {
  return values.map((value) => `${value}\n`).join('')
}

export interface RecordSpec {
  readonly key?: string
  readonly value?: string | Uint8Array | null
  /** After T0, in ms. */
  readonly at?: number
  readonly headers?: readonly RecordHeader[]
}

/** A batch of these records. */
export function batchOf(records: readonly RecordSpec[], codec: CompressionCodec = 'none'): Uint8Array {
  const builder = new RecordBatchBuilder({ codec, sizeMax: 2 ** 30 })
  for (const { key, value = null, at = 0, headers = [] } of records) {
    builder.append({
      key: key === undefined ? null : Buffer.from(key),
      value: typeof value === 'string' ? Buffer.from(value) : value,
      timestamp: T0 + at,
      headers,
    })
  }
  return builder.build()
}

/** The batch as compaction leaves it when the records behind its own are gone: so many offsets after its last record have none. */
export function withGapAfter(batch: Uint8Array, missing: number): Uint8Array {
  const view = new RecordBatch(batch)
  new DataView(batch.buffer, batch.byteOffset).setInt32(23, view.lastOffsetDelta + missing)
  view.sealCrc()
  return batch
}

/** What a group has committed for a partition of topic t. */
export async function committed(log: ScratchLog, group: string, partition = 0): Promise<Offset | undefined> {
  const found = await log.use((store) => store.groups.find(group))
  const stored = found?.offsets.get('t')?.get(partition)
  return stored === undefined ? undefined : offset(stored.offset)
}
