import { DiskError } from '../../base/errors.ts'
import type { FileSystem } from '../../disk/file-system.ts'
import { checkSegmentInSteps, type SegmentReport } from '../../storage/verify/segment-check.ts'
import type { SegmentTask } from '../../storage/verify/segment-task.ts'
import { SegmentQueue } from './segment-queue.ts'
import { verifyWindow } from './verify-window.ts'
import type { VerifyWorkerAnswer, VerifyWorkerData } from './verify-worker.ts'

export interface SegmentPoolOptions {
  readonly fileSystem: FileSystem
  /** Threads besides this one. */
  readonly threads: number
  /** Told of all that is checked so far; called often, between turns of the event loop. */
  readonly onProgress: (progress: { readonly bytes: number; readonly records: number }) => void
  readonly workerUrl?: URL
}

/** Set at build time: where the binary has the worker, seen from its chunks, which all lie in one place. */
declare const TSLOG_VERIFY_WORKER: string | undefined

/** Less than this is checked before a thread has started. */
const bytesForThreads = 64 * 1024 * 1024
/** How often progress is looked at while only other threads are at work, in ms. */
const lookMs = 50

/**
 * Checks segments, in other threads too when there is much to do. Gives the reports in the order of the tasks; `undefined` for a segment that is
 * gone.
 */
export async function checkSegments(
  tasks: readonly SegmentTask[],
  options: SegmentPoolOptions,
): Promise<(SegmentReport | undefined)[]> {
  const queue = new SegmentQueue()
  const reports = Array.from<SegmentReport | undefined>({ length: tasks.length })
  const bytes = tasks.reduce((sum, task) => sum + task.bytes, 0)
  const helpers = bytes < bytesForThreads || tasks.length < 2 ? 0 : options.threads
  const ends = Array.from({ length: helpers }, () => startThread({ queue: queue.memory, tasks }, reports, options))
  const mine = new LocalChecks(queue, options)
  for (let index = queue.claim(tasks.length); index !== undefined; index = queue.claim(tasks.length)) {
    const task = tasks[index]
    if (task !== undefined) reports[index] = await mine.check(task)
  }
  await allEnded(ends, () => options.onProgress(queue.progress))
  // What a thread could not check, or took with it when it died.
  for (const [index, task] of tasks.entries()) reports[index] ??= await mine.check(task)
  options.onProgress(queue.progress)
  return reports
}

/** Checks done by this thread. */
class LocalChecks {
  readonly #window = verifyWindow()
  readonly #queue: SegmentQueue
  readonly #options: SegmentPoolOptions

  constructor(queue: SegmentQueue, options: SegmentPoolOptions) {
    this.#queue = queue
    this.#options = options
  }

  async check(task: SegmentTask): Promise<SegmentReport | undefined> {
    const { fileSystem, onProgress } = this.#options
    const addProgress = (bytes: number, records: number): void => this.#queue.add(bytes, records)
    try {
      const steps = checkSegmentInSteps(task, { fileSystem, window: this.#window, onProgress: addProgress })
      for (;;) {
        const step = steps.next()
        if (step.done === true) return step.value
        onProgress(this.#queue.progress)
        // Signals are seen in the event loop only.
        await new Promise((resolve) => setImmediate(resolve))
      }
    } catch (error) {
      if (error instanceof DiskError && error.code === 'ENOENT') return undefined
      throw error
    }
  }
}

/** Resolves when the thread has ended, however. */
function startThread(
  workerData: VerifyWorkerData,
  reports: (SegmentReport | undefined)[],
  { workerUrl }: SegmentPoolOptions,
): Promise<void> {
  const { Worker: Thread } = process.getBuiltinModule('node:worker_threads')
  const worker = new Thread(workerUrl ?? new URL(workerPath(), import.meta.url), { workerData })
  worker.on('message', ({ index, report }: VerifyWorkerAnswer) => {
    reports[index] = report
  })
  return new Promise((resolve) => {
    worker.on('error', () => resolve())
    worker.on('exit', () => resolve())
  })
}

async function allEnded(ends: readonly Promise<void>[], look: () => void): Promise<void> {
  const timer = setInterval(look, lookMs)
  await Promise.all(ends)
  clearInterval(timer)
}

function workerPath(): string {
  return typeof TSLOG_VERIFY_WORKER === 'string' ? TSLOG_VERIFY_WORKER : './verify-worker.ts'
}
