import { systemRandom } from '../../src/base/random.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { LogDirectory, type LogDirectoryOptions } from '../../src/storage/log-directory.ts'
import { RetentionPlanner } from '../../src/storage/retention.ts'
import { type AppliedRetention, applyRetention } from '../../src/storage/retention-run.ts'
import { batch, T0 } from '../support/batches.ts'
import { readAll } from './partition-scene.ts'

export const partition = { topic: 't', partition: 0 }
export const day = 86_400_000
/** Room for two batches in a segment, and nothing that time alone seals. */
const small = { 'segment.bytes': '170', 'segment.ms': '9223372036854775807' }

/** A log directory in memory, with a clock of its own. */
export class RetentionScene {
  now = T0
  readonly fileSystem: MemoryFileSystem
  readonly warnings: string[] = []

  constructor(configs: Record<string, string>, capacityBytes = 2 ** 40) {
    this.fileSystem = new MemoryFileSystem({ clock: { now: () => this.now }, capacityBytes })
    this.use((directory) => {
      directory.createTopic({
        name: 't',
        partitionCount: 1,
        configs: new Map(Object.entries({ ...small, ...configs })),
      })
    })
  }

  options(process = 'main'): LogDirectoryOptions {
    return {
      fileSystem: this.fileSystem.asProcess(process),
      path: '/log',
      clock: { now: () => this.now },
      random: systemRandom,
      lockWaitMs: 0,
      onWarning: (warning) => this.warnings.push(warning),
    }
  }

  use<T>(act: (directory: LogDirectory) => T, process = 'main'): T {
    const directory = LogDirectory.openToWrite(this.options(process))
    try {
      return act(directory)
    } finally {
      directory.close()
    }
  }

  /** One batch for each time, in ms relative to T0. */
  append(...times: readonly number[]): void {
    this.use((directory) => {
      for (const time of times) {
        directory.openLog(partition).append(batch({ values: [`at ${time}`], timestamp: T0 + time }), 'now')
      }
    })
  }

  async retain(process = 'main', topic = 't'): Promise<AppliedRetention> {
    const options = this.options(process)
    const directory = LogDirectory.openToWrite(options)
    try {
      const planned = new RetentionPlanner(directory, options).plan(directory.topic(topic), 0)
      const [applied] = await applyRetention(directory, [planned], options)
      if (applied === undefined) throw new Error('one plan gives one result')
      return applied
    } finally {
      if (process === 'main') directory.close()
    }
  }

  names(suffix: string): string[] {
    const all = (this.fileSystem.list('/log/t-0') ?? []).map(({ name }) => name)
    return all
      .filter((name) => name.endsWith(suffix))
      .map((name) => name.slice(18))
      .toSorted()
  }

  records(): readonly string[] {
    return this.use((directory) => {
      const reader = directory.openReader(partition)
      try {
        return readAll(reader).records.map((record) => record.split(' ')[0] ?? '')
      } finally {
        reader.close()
      }
    })
  }
}

/** Segments 0 (two old records), 2 (two old), 4 (two young), 6 (active, one young). */
export function aged(configs: Record<string, string> = {}): RetentionScene {
  const scene = new RetentionScene({ 'retention.ms': '1000', ...configs })
  scene.append(0, 1, 2, 3, 5000, 5001, 5002)
  scene.now = T0 + 5500
  return scene
}
