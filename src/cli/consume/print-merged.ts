import { endStartUp } from '../start-up.ts'
import { MergeCursor } from './merge-cursor.ts'
import type { PartitionReading } from './partition-reading.ts'
import type { PrintingWorld } from './printing-world.ts'
import type { RecordPrinter } from './record-printer.ts'
import { TimeHeap } from './time-heap.ts'

/**
 * Prints the records of several partitions by time. Each partition keeps its own order: where its times go back, a record waits for those
 * before it.
 */
export async function printMerged(
  readings: readonly PartitionReading[],
  printer: RecordPrinter,
  world: PrintingWorld,
): Promise<void> {
  endStartUp()
  const { output, stop } = world
  const heap = await heapOf(readings, world)
  for (let cursor = heap.top; cursor !== undefined && stop.cause === undefined; cursor = heap.top) {
    if (cursor.head !== undefined) printer.printRecord(cursor.head)
    cursor.moveOn()
    if (output.isInterrupted) await stop.settle(output)
    if (stop.cause !== undefined) return
    const bytesRead = cursor.head === undefined ? await cursor.load() : 0
    if (bytesRead === undefined) heap.pop()
    else heap.topChanged()
    if (bytesRead !== undefined && bytesRead > 0) await world.afterWindow(bytesRead)
  }
}

/** The partitions that have something to print. */
async function heapOf(
  readings: readonly PartitionReading[],
  { reports }: PrintingWorld,
): Promise<TimeHeap<MergeCursor>> {
  const heap = new TimeHeap<MergeCursor>()
  for (const [place, reading] of readings.entries()) {
    const cursor = new MergeCursor(reading, place, reports)
    if ((await cursor.load()) !== undefined) heap.push(cursor)
  }
  return heap
}
