import { NotFoundError } from '../../base/errors.ts'
import type { OpenFile } from '../../disk/file-system.ts'
import { directoryOwner, lockAgainstKafka, refuseUnreadable, refuseUnwritable } from '../directory-ownership.ts'
import { TOPICS_LOCK } from '../file-names.ts'
import { LogDirectory, type LogDirectoryOptions } from '../log-directory.ts'
import { refuseServed } from '../serve-lock.ts'
import { DirectoryCheck } from '../verify/directory-check.ts'
import type { Finding } from '../verify/finding.ts'
import { repairDirectory } from './directory-repair.ts'
import { type PartitionRepairOptions, repairPartition } from './partition-repair.ts'
import type { PartitionRepairPlan } from './partition-repair-plan.ts'

/** Throws why a directory may not be repaired now: no log, Kafka's and not to be adopted, or held by a server. */
export function refuseRepair(options: LogDirectoryOptions): void {
  const { fileSystem, path } = options
  const owner = directoryOwner(fileSystem, path)
  refuseUnreadable(path, owner)
  // One of ours that has lost its catalog looks like Kafka's.
  const isOurs = owner !== 'kafka' || fileSystem.stat(`${path}/${TOPICS_LOCK}`) !== undefined
  if (!isOurs && options.adopt !== true) refuseUnwritable(path, owner)
  refuseServed(fileSystem, path)
}

/** A log directory that is being repaired: no Kafka broker can start on it until `close`. */
export class Repair {
  readonly #options: LogDirectoryOptions
  readonly #lock: OpenFile | undefined

  /** Throws what `refuseRepair` throws, and `LockedError` while a Kafka broker holds the directory. */
  constructor(options: LogDirectoryOptions) {
    refuseRepair(options)
    this.#options = options
    this.#lock = lockAgainstKafka(options.fileSystem, options.path, 'write')
    const isKafkas = directoryOwner(options.fileSystem, options.path) === 'kafka'
    if (isKafkas && options.adopt === true) options.kafka?.adoptDirectory(options)
  }

  /** Mends what was found at the top level: to be done before partitions are opened. */
  directory(findings: readonly Finding[]): void {
    repairDirectory(this.#options, findings)
  }

  /** Mends what was found in a partition, as far as it is still so. `undefined` when it is gone. Throws what `repairPartition` throws. */
  partition(known: PartitionRepairOptions['known']): PartitionRepairPlan | undefined {
    const { topic, partition } = known.plan
    const directory = LogDirectory.openToWrite(this.#options)
    const check = new DirectoryCheck(this.#options)
    try {
      return repairPartition({
        log: directory.logOptions({ topic, partition }),
        plan: check.planOptions({ topic, partition }, false),
        known,
      })
    } catch (error) {
      if (error instanceof NotFoundError) return undefined
      throw error
    } finally {
      check.close()
      directory.close()
    }
  }

  close(): void {
    this.#lock?.close()
  }
}
