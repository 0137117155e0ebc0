import { parentPort, workerData } from 'node:worker_threads'
import { TslogError } from '../../base/errors.ts'
import { NodeFileSystem } from '../../disk/node-file-system.ts'
import { checkSegment, type SegmentReport } from '../../storage/verify/segment-check.ts'
import type { SegmentTask } from '../../storage/verify/segment-task.ts'
import { SegmentQueue } from './segment-queue.ts'
import { verifyWindow } from './verify-window.ts'

// Entry of a thread that checks segments for `SegmentPool` until none is left.

export interface VerifyWorkerData {
  readonly queue: SharedArrayBuffer
  readonly tasks: readonly SegmentTask[]
}

/** What a thread answers for each segment it took. Without a report the segment could not be checked: the owner tries it, and hears why. */
export interface VerifyWorkerAnswer {
  readonly index: number
  readonly report: SegmentReport | undefined
}

const { queue: memory, tasks } = workerData as VerifyWorkerData
const queue = new SegmentQueue(memory)
const fileSystem = new NodeFileSystem()
const window = verifyWindow()
const onProgress = (bytes: number, records: number): void => queue.add(bytes, records)
for (let index = queue.claim(tasks.length); index !== undefined; index = queue.claim(tasks.length)) {
  const task = tasks[index]
  if (task === undefined) continue
  const answer: VerifyWorkerAnswer = { index, report: reportOf(task) }
  parentPort?.postMessage(answer)
}

function reportOf(task: SegmentTask): SegmentReport | undefined {
  try {
    return checkSegment(task, { fileSystem, window, onProgress })
  } catch (error) {
    if (error instanceof TslogError) return undefined
    throw error
  }
}
