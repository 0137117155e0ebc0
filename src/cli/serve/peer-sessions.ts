import type { NotAllowedError } from '../../base/errors.ts'
import type { BrokerLog } from '../../broker/broker-log.ts'
import type { PeerService } from '../../broker/peer-service.ts'
import type { ByteStream } from '../../network/byte-stream.ts'
import type { FollowersDirectory } from '../../replication/followers-directory.ts'
import { beginApi } from '../../replication/peer-apis.ts'
import type { LogDirectoryOptions } from '../../storage/log-directory.ts'
import { directoryLeader, storeGroupsInServed } from '../replicate/directory-ends.ts'
import { PeerLink } from '../replicate/peer-link.ts'
import { answerPeer } from '../replicate/sessions.ts'

export interface PeerSessionsOptions {
  readonly log: BrokerLog
  readonly directory: LogDirectoryOptions
  readonly followersDirectory: () => FollowersDirectory
}

/** Who was refused has so long to read that, in ms. */
const refusedMs = 100

/** What other tslogs copy from a server, and to it, over connections to its listeners. */
export class PeerSessions implements PeerService {
  readonly beginApiKey = beginApi.key
  readonly #options: PeerSessionsOptions
  readonly #running = new Map<PeerLink, Promise<void>>()
  #isStopping = false

  constructor(options: PeerSessionsOptions) {
    this.#options = options
  }

  accept(stream: ByteStream, refusal: NotAllowedError | undefined): void {
    if (this.#isStopping) {
      stream.close()
      return
    }
    const link = new PeerLink(stream, false)
    if (refusal === undefined) {
      const session = this.#answer(link).finally(() => this.#running.delete(link))
      this.#running.set(link, session)
      return
    }
    const { log } = this.#options
    log.warn('replication refused', { peer: stream.peer, reason: refusal.message })
    void this.#answer(link, refusal).catch(() => undefined)
    setTimeout(() => link.close(), refusedMs)
  }

  /** Ends them all at a border of batches; what was copied is on the disk when this resolves. */
  async stop(): Promise<void> {
    this.#isStopping = true
    const running = [...this.#running]
    for (const [link] of running) link.close()
    await Promise.all(running.map(([, session]) => session))
  }

  async #answer(link: PeerLink, refusal?: NotAllowedError): Promise<void> {
    const { directory, followersDirectory, log } = this.#options
    const { peer } = link
    try {
      await answerPeer(link, {
        refusal,
        openLeader: (windows) => directoryLeader(directory, windows),
        onBegun: (isFollower) => log.info('replication', { peer, direction: isFollower ? 'to here' : 'from here' }),
        onFailure: ({ message }) => log.warn('replication failed', { peer, reason: message }),
        seat: {
          directory,
          served: followersDirectory(),
          storeGroups: (groups) => storeGroupsInServed(directory.path, groups),
        },
      })
      if (refusal === undefined) log.info('replication ended', { peer })
    } catch (error) {
      log.warn('replication ended', { peer, reason: error instanceof Error ? error.message : String(error) })
    } finally {
      link.close()
    }
  }
}
