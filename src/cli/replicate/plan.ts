import { UsageError } from '../../base/errors.ts'
import type { OptionsOf } from '../command-spec.ts'
import type { replicateSpec } from '../specs/replicate.ts'
import { parsePartitionList } from '../values/partition-list.ts'
import { parsePeer, type Peer } from '../values/peer.ts'
import type { ReplicationRequest } from './request.ts'
import type { SshOptions } from './ssh-command-line.ts'

export type ReplicateOptions = OptionsOf<typeof replicateSpec>

/** What a command line asks for. */
export interface ReplicatePlan {
  readonly request: ReplicationRequest
  readonly peer: Peer
  /** From the peer into the log directory; else the other way. */
  readonly isPull: boolean
  /** The bundle that a new one goes on from. */
  readonly since: string | undefined
  readonly ssh: SshOptions
}

const example = 'tslog replicate app-logs ssh://log@host/srv/logs'

/** Reads the command line. Throws `UsageError`. */
export function replicatePlan(options: ReplicateOptions): ReplicatePlan {
  const patterns = options.operands.slice(0, -1)
  const last = options.operands.at(-1) ?? ''
  if (patterns.length === 0 && !options.all) {
    const isPeer = last.includes('/') || last.startsWith('bundle:')
    throw new UsageError(isPeer ? 'no TOPIC: --all means all of them' : `no PEER behind the topics`, { hint: example })
  }
  const peer = parsePeer(last)
  refuseWithPeer(options, peer)
  const request: ReplicationRequest = {
    patterns,
    all: options.all,
    partitions: parsePartitionList(options.partition, '--partition'),
    groups: options.groups,
    keepsOld: options.keep,
    overwritesDiverged: options.overwriteDiverged,
    follows: options.follow,
    isDryRun: options.dryRun,
    // ssh compresses by itself, whatever goes over it.
    isSlow: options.compress && peer.kind === 'tcp',
    bytesPerSecond: options.bwlimit,
  }
  const { from: isPull, since, sshCommand: command, remoteTslog, compress } = options
  return { request, peer, isPull, since, ssh: { command, remoteTslog, compress } }
}

function refuseWithPeer(options: ReplicateOptions, peer: Peer): void {
  if (options.since !== undefined && (peer.kind !== 'bundle' || options.from)) {
    throw new UsageError('--since goes with a bundle that is written', {
      hint: 'tslog replicate app-logs bundle:tuesday.bundle --since monday.bundle',
    })
  }
  if (peer.kind === 'bundle') refuseWithBundle(options)
  if (options.compress && peer.kind !== 'ssh' && peer.kind !== 'tcp') {
    throw new UsageError('--compress goes with an ssh:// or tcp:// peer', { hint: example })
  }
}

function refuseWithBundle({ follow, from, keep, overwriteDiverged }: ReplicateOptions): void {
  if (follow) {
    throw new UsageError('--follow does not go with a bundle', { hint: 'a bundle is whole when it is written' })
  }
  if (from || !(keep || overwriteDiverged)) return
  const flag = keep ? '--keep' : '--overwrite-diverged'
  throw new UsageError(`${flag} does not go with a bundle that is written`, {
    hint: `it is for the copy that it is applied to: tslog replicate app-logs --from bundle:monday.bundle ${flag}`,
  })
}
