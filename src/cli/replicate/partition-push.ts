import type { Offset } from '../../base/brands.ts'
import type { AppendedRange, BatchAppender, BatchSource } from '../../store/log-store.ts'
import type { PushedOffsets } from './pushed-offsets.ts'
import { isSameRecord, recordsOf, sendable, type SentRecord, shownBatches } from './sent-batches.ts'

/** So many batches are on their way at once, and so many bytes but for a batch that is larger. */
const underWayMax = 5
const bytesUnderWayMax = 1024 * 1024

export interface PartitionPushOptions {
  readonly partition: number
  /** Of committed records. */
  readonly source: BatchSource
  /** The same partition of the cluster, with what an open transaction of others keeps from readers of committed records. */
  readonly target: BatchSource
  readonly appender: BatchAppender
  /** Told whenever the cluster has more: resolves when more may be sent. */
  readonly onPushed: (pushed: PushedOffsets, bytes: number, records: number) => Promise<void>
}

/** Sends one partition to a cluster whose offsets are its own, each record once, whatever became of earlier runs. */
export class PartitionPush {
  readonly #options: PartitionPushOptions

  constructor(options: PartitionPushOptions) {
    this.#options = options
  }

  /**
   * Where to go on: a run that was cut may have sent more than it could note. What stands in the cluster behind the last noted record is held
   * against what comes next here; records of others in between are passed over.
   */
  async settle(noted: PushedOffsets): Promise<PushedOffsets> {
    const { highWatermark: targetEnd } = await this.#options.target.refresh()
    if (targetEnd <= noted.target) return noted
    const expected = this.#records(
      this.#options.source,
      noted.source,
      (await this.#options.source.refresh()).highWatermark,
    )
    let next = await expected.next()
    let { source, target } = noted
    for await (const there of this.#records(this.#options.target, noted.target, targetEnd)) {
      if (next.done === true) break
      if (!isSameRecord(next.value, there)) continue
      source = (next.value.offset + 1n) as Offset
      target = (there.offset + 1n) as Offset
      next = await expected.next()
    }
    return { source, target }
  }

  /** Sends what comes from `noted` up to `end`. */
  async push(noted: PushedOffsets, end: Offset): Promise<void> {
    let { target } = noted
    const underWay: { sent: Promise<AppendedRange>; nextOffset: Offset; bytes: number; records: number }[] = []
    let bytesUnderWay = 0
    const settleFirst = async (): Promise<void> => {
      const first = underWay.shift()
      if (first === undefined) return
      bytesUnderWay -= first.bytes
      const { nextOffset } = await first.sent
      // A broker that has had a batch long since may not know any more where.
      target = nextOffset > target ? nextOffset : target
      await this.#options.onPushed({ source: first.nextOffset, target }, first.bytes, first.records)
    }
    try {
      for await (const { batch, from, nextOffset } of shownBatches(this.#options.source, noted.source, end)) {
        const part = sendable(batch, from)
        if (part === undefined) continue
        const { bytes, recordCount: records } = part
        while (underWay.length === underWayMax || (underWay.length > 0 && bytesUnderWay >= bytesUnderWayMax)) {
          await settleFirst()
        }
        bytesUnderWay += bytes.length
        const sent = Promise.resolve(
          this.#options.appender.append(this.#options.partition, { bytes, durability: 'now', moreFollows: false }),
        )
        sent.catch(() => undefined)
        underWay.push({ sent, nextOffset, bytes: bytes.length, records })
      }
    } finally {
      while (underWay.length > 0) await settleFirst()
    }
  }

  async *#records(source: BatchSource, start: Offset, end: Offset): AsyncGenerator<SentRecord> {
    for await (const { batch, from } of shownBatches(source, start, end)) {
      for (const record of recordsOf(batch, from)) if (record.offset < end) yield record
    }
  }
}
