import { seededRandom } from '../../../src/base/random.ts'
import { MemoryFileSystem } from '../../../src/disk/memory-file-system.ts'
import { type BatchWindow, kernelBatchWindow } from '../../../src/record/batch-window.ts'
import { createKernel } from '../../../src/record/kernel/kernel.ts'
import { LogDirectory, type LogDirectoryOptions } from '../../../src/storage/log-directory.ts'
import { planDirectoryRepair } from '../../../src/storage/repair/directory-repair.ts'
import type { PartitionRepairOptions } from '../../../src/storage/repair/partition-repair.ts'
import type { RepairAction } from '../../../src/storage/repair/repair-action.ts'
import { Repair } from '../../../src/storage/repair/repair.ts'
import { DirectoryCheck } from '../../../src/storage/verify/directory-check.ts'
import type { Finding } from '../../../src/storage/verify/finding.ts'
import { type PartitionReport, reportPartition } from '../../../src/storage/verify/partition-report.ts'
import { checkSegment } from '../../../src/storage/verify/segment-check.ts'
import { T0 } from '../../support/batches.ts'
import { logDirectory, readAll, readBytes } from '../partition-scene.ts'

export const partition = { topic: 't', partition: 0 }

const kernel = createKernel({ memoryBytes: 64 * 1024 })

/** What a verification found. */
export interface Found {
  readonly damages: readonly Finding[]
  readonly notes: readonly Finding[]
  readonly partitions: readonly PartitionReport[]
}

/** A whole log directory on a file system in memory, and everything it takes to damage, verify and read it. */
export class VerifyScene {
  readonly fileSystem: MemoryFileSystem
  readonly options: LogDirectoryOptions
  readonly warnings: string[] = []
  /** What segments are checked in. */
  window: BatchWindow = kernelBatchWindow(kernel)

  constructor(fileSystem = new MemoryFileSystem()) {
    this.fileSystem = fileSystem
    this.options = {
      fileSystem,
      clock: { now: () => T0 },
      random: seededRandom(1),
      path: logDirectory,
      lockWaitMs: 0,
      onWarning: (warning) => this.warnings.push(warning),
    }
  }

  create(configs: Record<string, string> = {}): void {
    this.write((directory) => {
      directory.createTopic({ name: 't', partitionCount: 1, configs: new Map(Object.entries(configs)) })
    })
  }

  /** Appends batches, each by itself. */
  append(...batches: readonly Uint8Array[]): void {
    this.write((directory) => {
      for (const bytes of batches) directory.openLog(partition).append(bytes, 'later')
    })
  }

  write<T>(act: (directory: LogDirectory) => T): T {
    const directory = LogDirectory.openToWrite(this.options)
    try {
      return act(directory)
    } finally {
      directory.close()
    }
  }

  verify(isDeep = false): Found {
    const { top, known } = this.look(isDeep)
    const findings = [...top, ...known.flatMap(({ report }) => report.findings)]
    const of = (severity: Finding['severity']): Finding[] => findings.filter((one) => one.severity === severity)
    return { damages: of('damage'), notes: of('note'), partitions: known.map(({ report }) => report) }
  }

  /** What verification tells a repair, by the top level and by partition. */
  look(isDeep = false): { top: readonly Finding[]; known: PartitionRepairOptions['known'][] } {
    const check = new DirectoryCheck(this.options)
    try {
      const { fileSystem, window } = this
      const known = check.partitions([]).map((one) => {
        const plan = check.plan(one, { isDeep })
        const segments = plan.tasks.map((task) => checkSegment(task, { fileSystem, window }))
        return { plan, report: reportPartition(plan, segments) }
      })
      return { top: check.findings, known }
    } finally {
      check.close()
    }
  }

  /** Repairs whatever is found, as the command does. Returns what was done, in words. */
  repair(): string[] {
    const { top, known } = this.look()
    const repair = new Repair(this.options)
    try {
      const done = planDirectoryRepair(logDirectory, top).actions.map(wordsOf)
      repair.directory(top)
      for (const one of known) done.push(...(repair.partition(one)?.actions ?? []).map(wordsOf))
      return done
    } finally {
      repair.close()
    }
  }

  /** `offset value` of all that can be read. */
  read(): readonly string[] {
    const directory = LogDirectory.openToRead(this.options)
    try {
      const reader = directory.openReader(partition)
      const { records } = readAll(reader)
      reader.close()
      return records
    } finally {
      directory.close()
    }
  }

  /** Files of the log directory and its partitions, by path. */
  paths(pattern = /./): string[] {
    const found: string[] = []
    for (const { name, kind } of this.fileSystem.list(logDirectory) ?? []) {
      if (kind === 'file') found.push(`${logDirectory}/${name}`)
      else
        found.push(
          ...(this.fileSystem.list(`${logDirectory}/${name}`) ?? []).map(
            (one) => `${logDirectory}/${name}/${one.name}`,
          ),
        )
    }
    return found.filter((path) => pattern.test(path)).toSorted()
  }

  bytes(path: string): Uint8Array {
    return readBytes(this.fileSystem, path)
  }

  /** Gives a file other bytes in place; makes it when it is missing. */
  change(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
    const file = this.fileSystem.open(path, 'create')
    const before = new Uint8Array(file.size())
    file.read(before, 0)
    const after = change(before)
    file.truncate(0)
    file.write(after, 0)
    file.close()
  }

  /** Makes all durable and lets the power go: nobody's word about the log is of this boot any more. */
  reboot(): void {
    this.sync()
    this.fileSystem.crash({ personality: 'lose-unsynced' })
  }

  /** Makes all durable. */
  sync(): void {
    for (const path of this.paths()) {
      const file = this.fileSystem.open(path, 'write')
      file.sync()
      file.close()
    }
    for (const path of ['/', logDirectory, `${logDirectory}/t-0`]) this.fileSystem.syncDirectory(path)
  }
}

function wordsOf({ kind, path }: RepairAction): string {
  return `${kind} ${path.slice(path.lastIndexOf('/') + 1)}`
}

/** `bytes` with one byte changed by `mask`. */
export function flipped(bytes: Uint8Array, at: number, mask = 0xff): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ mask
  return copy
}
