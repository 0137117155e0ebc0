import { setTimeout as sleep } from 'node:timers/promises'
import type { BrokerLog } from '../../broker/broker-log.ts'
import type { FollowersDirectory } from '../../replication/followers-directory.ts'
import type { LogDirectoryOptions } from '../../storage/log-directory.ts'
import type { CliContext } from '../context.ts'
import { ReplicationRun } from '../replicate/replication-run.ts'
import { KeptReplication, type KeptReplicationOptions } from './kept-replication.ts'
import type { ReplicateEntry } from './replicate-settings.ts'

export interface KeptReplicationsOptions {
  readonly context: CliContext
  readonly log: BrokerLog
  readonly directory: LogDirectoryOptions
  readonly followersDirectory: () => FollowersDirectory
  readonly ownLog: KeptReplicationOptions['ownLog']
}

/** So long one may take to end once it is told to: brokers that do not answer are not waited for. */
const endMsMax = 5000

interface Running {
  readonly kept: KeptReplication
  readonly stop: AbortController
  readonly ended: Promise<void>
}

/** The replications that the settings of a server name: each follows its source for as long as they do, and is taken up again whatever it breaks with. */
export class KeptReplications {
  readonly #options: KeptReplicationsOptions
  readonly #running = new Map<string, Running>()
  #lastApplied: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(options: KeptReplicationsOptions) {
    this.#options = options
  }

  /** Those that run, for who watches. */
  get all(): KeptReplication[] {
    return Array.from(this.#running.values(), ({ kept }) => kept)
  }

  /** Brings what runs to what the settings say now, after what they said before; what has not changed goes on. Begins nothing after `stop`. */
  apply(entries: readonly ReplicateEntry[]): Promise<void> {
    const applied = this.#lastApplied.then(() => this.#apply(this.#isStopped ? [] : entries))
    this.#lastApplied = applied.catch(() => undefined)
    return applied
  }

  /** Ends all of them at a border of batches; what was copied to here is on the disk when this resolves. */
  stop(): Promise<void> {
    this.#isStopped = true
    return this.apply([])
  }

  async #apply(entries: readonly ReplicateEntry[]): Promise<void> {
    const wanted = new Map(entries.map((entry) => [entry.name, JSON.stringify(entry)]))
    const old = [...this.#running].filter(([name, { kept }]) => wanted.get(name) !== JSON.stringify(kept.entry))
    await Promise.all(old.map(([name]) => this.#end(name)))
    for (const entry of entries) if (!this.#running.has(entry.name)) this.#begin(entry)
  }

  #begin(entry: ReplicateEntry): void {
    const { context, log, directory, followersDirectory, ownLog } = this.#options
    const { environment } = context
    const kept = new KeptReplication(entry, { log, clock: context.clock, ownLog })
    const stop = new AbortController()
    const world = {
      context:
        entry.clientConfig === undefined
          ? context
          : { ...context, environment: { ...environment, TSLOG_CLIENT_CONFIG: entry.clientConfig } },
      local: directory,
      served: followersDirectory(),
      stop: stop.signal,
      // Whoever runs a server looks at it once something is wrong, and mends it while it runs.
      mayPass: () => true,
    }
    const ended = new ReplicationRun(entry.plan, world, kept).all().catch((error: unknown) => {
      if (!stop.signal.aborted) kept.onBreak(error, 0)
    })
    this.#running.set(entry.name, { kept, stop, ended })
  }

  async #end(name: string): Promise<void> {
    const running = this.#running.get(name)
    if (running === undefined) return
    running.stop.abort()
    const patience = new AbortController()
    await Promise.race([running.ended, sleep(endMsMax, undefined, { signal: patience.signal }).catch(() => undefined)])
    patience.abort()
    running.kept.noteEnd()
    this.#running.delete(name)
  }
}
