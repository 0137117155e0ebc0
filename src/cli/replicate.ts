import { setTimeout as sleep } from 'node:timers/promises'
import { TemporaryError } from '../base/errors.ts'
import type { Leader } from '../replication/leader.ts'
import type { LogDirectoryOptions } from '../storage/log-directory.ts'
import { isConfirmed } from './confirmation.ts'
import type { CliContext } from './context.ts'
import { directoryOptions } from './open-store.ts'
import { type ProgressLine, progressLineOf, showStatusOnSignal } from './progress.ts'
import { bundleLeader, writeBundle } from './replicate/bundle-ends.ts'
import { directoryLeader, storeGroupsIn } from './replicate/directory-ends.ts'
import { type FollowerSeat, followLeader } from './replicate/follow-leader.ts'
import { type ReplicateOptions, type ReplicatePlan, replicatePlan } from './replicate/plan.ts'
import { printReport, sentence } from './replicate/report.ts'
import type { ReplicationReport } from './replicate/request.ts'
import type { PeerLink } from './replicate/peer-link.ts'
import { type PeerSecurity, peerSecurity } from './replicate/peer-security.ts'
import { pull, push } from './replicate/sessions.ts'
import { sshCommandLine } from './replicate/ssh-command-line.ts'
import { SshConnection } from './replicate/ssh-connection.ts'
import { say, warn } from './results.ts'
import type { BrokersPeer, SshPeer } from './values/peer.ts'
import { exitCodeOfSignal, SignalWatch } from './signals.ts'

/** `tslog replicate`: brings a copy to where its source is. Resolves to the exit code; throws what the user must hear. */
export async function replicate(options: ReplicateOptions, context: CliContext): Promise<number> {
  const plan = replicatePlan(options)
  const local = directoryOptions(options, context)
  if (plan.request.overwritesDiverged && !plan.request.isDryRun && !(await isConfirmed(question(options), context))) {
    say('nothing was changed', options, context)
    return 1
  }
  using signals = new SignalWatch()
  const run = new ReplicateRun(options, plan, { context, local, signals })
  await run.all()
  const signal = signals.pending()
  return signal === undefined ? 0 : exitCodeOfSignal[signal]
}

function question({ operands, yes }: ReplicateOptions): Parameters<typeof isConfirmed>[0] {
  return {
    text: 'Give up what only the copy has, where it has diverged?',
    example: `tslog replicate ${operands.join(' ')} --overwrite-diverged --yes`,
    yes,
  }
}

/** Between two tries to connect, in ms. */
const pauseMsMin = 500
const pauseMsMax = 30_000

interface RunWorld {
  readonly context: CliContext
  readonly local: LogDirectoryOptions
  readonly signals: SignalWatch
}

class ReplicateRun {
  readonly #options: ReplicateOptions
  readonly #plan: ReplicatePlan
  readonly #world: RunWorld
  readonly #progress: ProgressLine
  readonly #startedMs: number
  #report: ReplicationReport | undefined

  constructor(options: ReplicateOptions, plan: ReplicatePlan, world: RunWorld) {
    this.#options = options
    this.#plan = plan
    this.#world = world
    this.#startedMs = world.context.clock.now()
    this.#progress = progressLineOf(world.context, options)
  }

  async all(): Promise<void> {
    using _ = showStatusOnSignal(this.#progress)
    try {
      await this.#replicate()
    } catch (error) {
      // Stopped by a signal at a border of batches; what was copied is on the disk.
      if (!this.#world.signals.stop.aborted) throw error
    } finally {
      this.#progress.clear()
    }
    if (this.#report === undefined || this.#plan.request.follows) return
    const { context } = this.#world
    await printReport(this.#report, context.clock.now() - this.#startedMs, { options: this.#options, context })
  }

  async #replicate(): Promise<void> {
    const { peer, isPull } = this.#plan
    const { local } = this.#world
    switch (peer.kind) {
      case 'directory': {
        const other = { ...local, path: peer.path }
        const [from, to] = isPull ? [other, local] : [local, other]
        return this.#follow(directoryLeader(from), to)
      }
      case 'bundle':
        return isPull ? this.#follow(bundleLeader(local, peer.path), local) : this.#bundle(peer.path)
      case 'ssh':
        return this.#overSsh(peer)
      case 'tcp':
        return this.#overTcp(peer)
      case 'kafka':
        return this.#withBrokers(peer)
    }
  }

  async #withBrokers(peer: BrokersPeer): Promise<void> {
    const { brokerLeader, pushToKafka } = await import('./replicate/broker-ends.ts')
    const { isPull, request } = this.#plan
    const { local } = this.#world
    const security = this.#securityOf(peer)
    await this.#reconnecting(async () => {
      if (isPull) return this.#follow(brokerLeader(peer, security), local)
      return pushToKafka({ peer, security }, request, this.#seat(local))
    })
  }

  async #overTcp(peer: BrokersPeer): Promise<void> {
    const { TcpConnection } = await import('./replicate/tcp-connection.ts')
    const security = this.#securityOf(peer)
    await this.#reconnecting(async () => {
      const connection = await TcpConnection.open(peer, security)
      try {
        await this.#talk(connection.link)
      } catch (error) {
        throw connection.explain(error)
      } finally {
        connection.close()
      }
    })
  }

  #securityOf(peer: BrokersPeer): PeerSecurity {
    const { context } = this.#world
    const security = peerSecurity(peer, context)
    if (security.warning !== undefined) warn(security.warning, this.#options, context)
    return security
  }

  async #overSsh(peer: SshPeer): Promise<void> {
    const { sshCommand: command, remoteTslog, compress } = this.#options
    const commandLine = sshCommandLine(peer, { command, remoteTslog, compress })
    const { request } = this.#plan
    await this.#reconnecting(async () => {
      const connection = new SshConnection(commandLine, peer.host)
      try {
        await this.#talk(connection.link)
      } catch (error) {
        throw await connection.explain(error)
      } finally {
        for (const text of connection.warnings)
          if (!request.isDryRun) warn(`${peer.host}: ${text}`, this.#options, this.#world.context)
        connection.close()
      }
    })
  }

  /** Leads or follows the other side of a connection. */
  async #talk(link: PeerLink): Promise<void> {
    const { isPull, request } = this.#plan
    const { local } = this.#world
    if (isPull) return pull(link, request, this.#seat(local))
    const leader = directoryLeader(local)
    try {
      await push(link, leader, request, this.#seat(local))
    } finally {
      leader.close()
    }
  }

  /** With --follow a connection that ended is made again, after longer and longer pauses. */
  async #reconnecting(connect: () => Promise<void>): Promise<void> {
    const { signals, context } = this.#world
    for (let pauseMs = pauseMsMin; ; pauseMs = Math.min(2 * pauseMs, pauseMsMax)) {
      const startedMs = context.clock.now()
      try {
        return await connect()
      } catch (error) {
        if (!this.#plan.request.follows || !(error instanceof TemporaryError) || signals.stop.aborted) throw error
        if (context.clock.now() - startedMs > pauseMsMax) pauseMs = pauseMsMin
        this.#progress.clear()
        warn(`${error.message}; trying again in ${pauseMs / 1000} s`, this.#options, context)
      }
      await sleep(pauseMs * (0.75 + Math.random() / 2), undefined, { signal: signals.stop })
    }
  }

  async #follow(leader: Leader, to: LogDirectoryOptions): Promise<void> {
    try {
      await followLeader(leader, this.#plan.request, this.#seat(to))
    } finally {
      leader.close()
    }
  }

  async #bundle(path: string): Promise<void> {
    const { request, since } = this.#plan
    const { local } = this.#world
    const leader = directoryLeader(local)
    try {
      await writeBundle(leader, request, { path, since }, this.#seat(local))
    } finally {
      leader.close()
    }
  }

  #seat(directory: LogDirectoryOptions): FollowerSeat {
    return {
      directory,
      onProgress: ({ bytesTotal, ...done }) => this.#progress.update({ ...done, bytesTotal: bytesTotal || undefined }),
      onReport: (report) => this.#take(report),
      storeGroups: (groups) => storeGroupsIn(directory, groups),
      stop: this.#world.signals.stop,
    }
  }

  #take(report: ReplicationReport): void {
    const isFirst = this.#report === undefined
    this.#report = report
    if (!this.#plan.request.follows) return
    this.#progress.clear()
    const { context } = this.#world
    if (isFirst) say(`${sentence(report)}; following`, this.#options, context)
  }
}
