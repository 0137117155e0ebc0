import { setTimeout as sleep } from 'node:timers/promises'
import { UsageError } from '../../base/errors.ts'
import type { Leader } from '../../replication/leader.ts'
import type { FollowersDirectory } from '../../replication/followers-directory.ts'
import type { LogDirectoryOptions } from '../../storage/log-directory.ts'
import type { CliContext } from '../context.ts'
import type { BrokersPeer, SshPeer } from '../values/peer.ts'
import { unlessAborted, whenAborted } from './abort-listener.ts'
import { bundleLeader, writeBundle } from './bundle-ends.ts'
import { directoryLeader, peersDirectoryLeader, storeGroupsIn, storeGroupsInServed } from './directory-ends.ts'
import { type FollowerSeat, followLeader } from './follow-leader.ts'
import { type PeerSecurity, peerSecurity } from './peer-security.ts'
import type { PeerLink } from './peer-link.ts'
import type { ReplicatePlan } from './plan.ts'
import { replicaWindows } from './replica-windows.ts'
import { pull, push } from './sessions.ts'
import { sshCommandLine } from './ssh-command-line.ts'
import { SshConnection } from './ssh-connection.ts'
import { SshProcess } from './ssh-process.ts'

/** Who is told how a replication goes on. */
export interface RunWatch extends Pick<FollowerSeat, 'onProgress' | 'onReport'> {
  /** The other side warned of something. */
  readonly onWarning: (text: string) => void
  /** It broke, and is tried again after `pauseMs`. */
  readonly onBreak: (error: unknown, pauseMs: number) => void
}

/** Where a replication runs. */
export interface RunWorld {
  readonly context: CliContext
  readonly local: LogDirectoryOptions
  /** The local directory where this process serves it. */
  readonly served?: FollowersDirectory
  readonly stop: AbortSignal
  /** What the first try goes over, where it was started before. */
  readonly ssh?: SshProcess | undefined
  /** Whether what it broke with may pass, so that it is tried again. */
  readonly mayPass: (error: unknown) => boolean
}

/** Between two tries to connect, in ms. */
const pauseMsMin = 500
const pauseMsMax = 30_000

/** Replicates as a plan says; what follows is taken up again when it breaks. */
export class ReplicationRun {
  readonly #plan: ReplicatePlan
  readonly #world: RunWorld
  readonly #watch: RunWatch
  /** Of one try: what a break leaves on its way is never given back. */
  #windows = replicaWindows()
  /** Whether the copy was where its source is since the last break. */
  #hasReported = false
  #hasWarned = false
  #started: SshProcess | undefined

  constructor(plan: ReplicatePlan, world: RunWorld, watch: RunWatch) {
    this.#plan = plan
    this.#world = world
    this.#watch = watch
    this.#started = world.ssh
  }

  /** Returns when all is copied, or with `follows` never. Throws what it failed with; anything once `stop` is aborted. */
  async all(): Promise<void> {
    const { stop, mayPass } = this.#world
    for (let pauseMs = pauseMsMin; ; pauseMs = Math.min(2 * pauseMs, pauseMsMax)) {
      this.#hasReported = false
      try {
        return await this.#once()
      } catch (error) {
        if (!this.#plan.request.follows || stop.aborted || !mayPass(error)) throw error
        if (this.#hasReported) pauseMs = pauseMsMin
        this.#watch.onBreak(error, pauseMs)
      }
      await sleep(pauseMs * (0.75 + Math.random() / 2), undefined, { signal: stop })
    }
  }

  async #once(): Promise<void> {
    const { peer, isPull } = this.#plan
    const { local, served } = this.#world
    this.#windows = replicaWindows()
    switch (peer.kind) {
      case 'directory': {
        const other = { ...local, path: peer.path }
        refuseItself(local, peer.path)
        return isPull
          ? this.#follow(peersDirectoryLeader(other, this.#windows), { directory: local, served })
          : this.#follow(directoryLeader(local, this.#windows), { directory: other, served: undefined })
      }
      case 'bundle':
        return isPull
          ? this.#follow(bundleLeader(local, peer.path), { directory: local, served })
          : this.#bundle(peer.path)
      case 'ssh':
        return this.#overSsh(peer)
      case 'tcp':
        return this.#overTcp(peer)
      case 'kafka':
        return this.#withBrokers(peer)
    }
  }

  async #withBrokers(peer: BrokersPeer): Promise<void> {
    const { brokerLeader, pushToKafka } = await import('./broker-ends.ts')
    const { isPull, request } = this.#plan
    const { local, served } = this.#world
    const security = this.#securityOf(peer)
    if (isPull) return this.#follow(brokerLeader(peer, security), { directory: local, served })
    return pushToKafka({ peer, security }, request, this.#seat({ directory: local, served: undefined }))
  }

  async #overTcp(peer: BrokersPeer): Promise<void> {
    const { TcpConnection } = await import('./tcp-connection.ts')
    const { stop } = this.#world
    const opening = TcpConnection.open(peer, this.#securityOf(peer))
    const connection = await unlessAborted(opening, stop, (late) => late.close())
    using _ = whenAborted(stop, () => connection.close())
    try {
      await this.#talk(connection.link)
    } catch (error) {
      throw connection.explain(error)
    } finally {
      connection.close()
    }
  }

  async #overSsh(peer: SshPeer): Promise<void> {
    const process = this.#started ?? new SshProcess(sshCommandLine(peer, this.#plan.ssh))
    this.#started = undefined
    const connection = new SshConnection(process, peer.host)
    using _ = whenAborted(this.#world.stop, () => connection.close())
    try {
      await this.#talk(connection.link)
    } catch (error) {
      throw await connection.explain(error)
    } finally {
      for (const text of connection.warnings) this.#watch.onWarning(`${peer.host}: ${text}`)
      connection.close()
    }
  }

  /** Settings that may have changed since the last break; what there is to say of them is said once. */
  #securityOf(peer: BrokersPeer): PeerSecurity {
    const security = peerSecurity(peer, this.#world.context)
    if (security.warning !== undefined && !this.#hasWarned) this.#watch.onWarning(security.warning)
    this.#hasWarned = true
    return security
  }

  /** Leads or follows the other side of a connection. */
  async #talk(link: PeerLink): Promise<void> {
    const { isPull, request } = this.#plan
    const { local, served } = this.#world
    const seat = this.#seat({ directory: local, served })
    if (isPull) return pull(link, request, seat)
    const leader = directoryLeader(local, link.windows)
    try {
      await push(link, leader, request, seat)
    } finally {
      leader.close()
    }
  }

  async #follow(leader: Leader, to: Pick<FollowerSeat, 'directory' | 'served'>): Promise<void> {
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
      await writeBundle(leader, request, { path, since }, this.#seat({ directory: local, served: undefined }))
    } finally {
      leader.close()
    }
  }

  #seat(place: Pick<FollowerSeat, 'directory' | 'served'>): FollowerSeat {
    return {
      ...place,
      windows: this.#windows,
      onProgress: (progress) => this.#watch.onProgress(progress),
      onReport: (report) => {
        this.#hasReported = true
        this.#watch.onReport(report)
      },
      storeGroups: (groups) =>
        place.served === undefined
          ? storeGroupsIn(place.directory, groups)
          : storeGroupsInServed(place.directory.path, groups),
      stop: this.#world.stop,
    }
  }
}

/** A link or another way to write the path does not make it another directory. */
function refuseItself({ fileSystem, path }: LogDirectoryOptions, peer: string): void {
  const own = fileSystem.stat(`${path}/.`)
  if (own === undefined || own.identity !== fileSystem.stat(`${peer}/.`)?.identity) return
  throw new UsageError(`${peer} is the log directory itself, and not a copy of it`, {
    hint: 'name another directory, such as ./copy',
  })
}
