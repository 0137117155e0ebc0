import { RefusedError, type TslogError } from '../../base/errors.ts'
import { type Offset, offset } from '../../base/brands.ts'
import type { BatchWindows } from '../../record/batch-windows.ts'
import type { Leader } from '../../replication/leader.ts'
import { type Answerer, anyOf, answererOf, leaderAnswers } from '../../replication/leader-answers.ts'
import {
  beginApi,
  endApi,
  type FailureMessage,
  type PeerApi,
  peerProtocolVersion,
  progressApi,
  reportApi,
  type ReportRequest,
} from '../../replication/peer-apis.ts'
import { type LeaderOffer, offerOf } from '../../replication/leader-offer.ts'
import { RemoteLeader } from '../../replication/remote-leader.ts'
import { partitionDirectoryName } from '../../storage/file-names.ts'
import { versionLine } from '../version.ts'
import { unlessAborted } from './abort-listener.ts'
import { type FollowerSeat, followLeader } from './follow-leader.ts'
import { decodeOrder, encodeOrder } from './order-message.ts'
import type { PeerLink } from './peer-link.ts'
import type { ReplicationProgress, ReplicationReport, ReplicationRequest } from './request.ts'
import { topicsOf } from './topic-selection.ts'
import { errorOf, failureFor } from './travelled-error.ts'

/**
 * Opens the talk: both sides say their versions, and the other one hears what it is to do. `offer`: of this side, if it leads. Resolves to what the other
 * side offers if that leads. Throws `RefusedError` when they do not fit.
 */
async function begin(
  link: PeerLink,
  isFollower: boolean,
  request: ReplicationRequest,
  offer: LeaderOffer | null,
): Promise<LeaderOffer | null> {
  const order = encodeOrder(request)
  const said = { software: versionLine(), lastVersion: peerProtocolVersion, isFollower, order, offer }
  const answer = await link.ask(beginApi, said)
  if (answer.lastVersion !== peerProtocolVersion) throw otherVersion(link.peer, answer.software)
  return answer.offer
}

function otherVersion(peer: string, software: string): RefusedError {
  return new RefusedError(
    `${peer} runs ${software}, which speaks another version of replication than ${versionLine()}`,
    {
      hint: 'bring both sides to one version of tslog',
    },
  )
}

/** Where a follower of the other side sits. */
export type RemoteFollowerSeat = Omit<FollowerSeat, 'windows'>

/** Follows the other side, which is asked to lead. */
export async function pull(link: PeerLink, request: ReplicationRequest, seat: RemoteFollowerSeat): Promise<void> {
  const offer = await begin(link, false, request, null)
  const leader = leaderBehind(link, { name: link.peer, offer }, request)
  await followLeader(leader, request, { ...seat, windows: link.windows })
}

function leaderBehind(
  link: PeerLink,
  { name, offer }: { name: string; offer: LeaderOffer | null },
  { isSlow }: ReplicationRequest,
): Leader {
  return new RemoteLeader({
    name,
    isSlow,
    offer,
    aheadMin: link.aheadMin,
    elapsedMs: () => performance.now(),
    ask: link.ask,
    giveBack: (bytes) => link.windows.giveBack(bytes),
    close: () => link.close(),
  })
}

/** Who watches a follower on the other side. */
export type FollowerWatch = Pick<FollowerSeat, 'onProgress' | 'onReport' | 'stop'>

/** Leads the other side, which is asked to follow, until it is at its end. Throws what it failed with. */
export async function push(
  link: PeerLink,
  leader: Leader,
  request: ReplicationRequest,
  watch: FollowerWatch,
): Promise<void> {
  const end = new Promise<FailureMessage | null>((resolve) => {
    const note = <Request>(api: PeerApi<Request, object>, act: (request: Request) => void): Answerer =>
      answererOf(
        api,
        async (request) => {
          act(request)
          return {}
        },
        failureFor,
      )
    link.answer(
      anyOf([
        leaderAnswers(leader, failureFor, link.sendUnread),
        note(progressApi, ({ lags, ...progress }) => watch.onProgress({ ...progress, lags: () => lags })),
        note(reportApi, (report) => watch.onReport(reportFrom(report))),
        note(endApi, ({ failure }) => resolve(failure)),
      ]),
    )
  })
  const offer = await offerOf(leader, (topics) => topicsOf(topics, request))
  // The other side asks right behind its answer.
  await begin(link, true, request, offer)
  const lost = link.ended().then(async () => {
    throw await lostError(link)
  })
  lost.catch(() => undefined)
  const failure = await unlessAborted(Promise.race([end, lost]), watch.stop)
  if (failure !== null) throw errorOf(failure, link.peer)
}

function reportFrom({ groups, partitions }: ReportRequest): ReplicationReport {
  const reported = partitions.map((one) => ({
    ...one,
    cutTo: one.cutTo < 0n ? undefined : one.cutTo,
    trimTo: one.trimTo === 0n ? undefined : one.trimTo,
  }))
  return { groups, partitions: reported }
}

/** What an ask says once the connection has ended. */
async function lostError(link: PeerLink): Promise<unknown> {
  return link.ask(endApi, { failure: null }).catch((error: unknown) => error)
}

/** What the answering side has of its own. */
export interface AnsweringSide {
  /** Why the other side may not; asked for with its first request. */
  readonly refusal?: TslogError | undefined
  readonly openLeader: (windows: BatchWindows) => Leader
  /** Told what the other side wants; and what a follower here failed with. */
  readonly onBegun?: (isFollower: boolean) => void
  readonly onFailure?: (failure: FailureMessage) => void
  readonly seat: Omit<RemoteFollowerSeat, 'onProgress' | 'onReport' | 'stop'>
}

/** Between two notes of how far a follower is, in ms. */
const progressEveryMs = 100

/** The side that was called: leads or follows, as it is asked to. Resolves when the other side is done or gone. */
export async function answerPeer(link: PeerLink, side: AnsweringSide): Promise<void> {
  let leader: Leader | undefined
  let answerer: Answerer | undefined
  let isBegun = false
  const begun = new Promise<Begun>((resolve) => {
    const answerBegin = answererOf(
      beginApi,
      async (said) => {
        if (side.refusal !== undefined) throw side.refusal
        if (said.lastVersion === peerProtocolVersion && !isBegun) {
          isBegun = true
          if (!said.isFollower) leader = side.openLeader(link.windows)
          answerer = leader && leaderAnswers(leader, failureFor, link.sendUnread)
          resolve(said)
        }
        const offer = leader ? await offerOf(leader, (topics) => topicsOf(topics, decodeOrder(said.order))) : null
        return { software: versionLine(), lastVersion: peerProtocolVersion, offer }
      },
      failureFor,
    )
    link.answer((received) => answerBegin(received) ?? answerer?.(received))
  })
  try {
    const said = await Promise.race([begun, link.ended()])
    // The answer to the first request goes before any request of ours.
    await new Promise((resolve) => setImmediate(resolve))
    if (said !== undefined) side.onBegun?.(said.isFollower)
    if (said?.isFollower === true) await followCaller(link, said, side)
    else if (said !== undefined) await link.ended()
  } finally {
    leader?.close()
  }
}

interface Begun {
  readonly isFollower: boolean
  readonly order: Uint8Array
  readonly offer: LeaderOffer | null
}

/** Follows the side that called, and tells it how far it is and how it ended. */
async function followCaller(
  link: PeerLink,
  { order, offer }: Begun,
  { seat, onFailure }: AnsweringSide,
): Promise<void> {
  const request = decodeOrder(order)
  const gone = new AbortController()
  const ended = link.ended().finally(() => gone.abort())
  ended.catch(() => undefined)
  const { clock } = seat.directory
  let toldMs = 0
  let untold: ReplicationProgress | undefined
  const toldEnds = new Map<string, Offset>()
  const tellProgress = (): void => {
    if (untold === undefined) return
    const lags = untold.lags().filter((one) => toldEnds.get(partitionDirectoryName(one)) !== one.copyEndOffset)
    for (const one of lags) toldEnds.set(partitionDirectoryName(one), one.copyEndOffset)
    tell(link.ask(progressApi, { ...untold, lags }))
    untold = undefined
  }
  const watched: FollowerSeat = {
    ...seat,
    windows: link.windows,
    stop: gone.signal,
    onProgress: (progress) => {
      untold = progress
      const now = clock.now()
      if (Math.abs(now - toldMs) < progressEveryMs) return
      toldMs = now
      tellProgress()
    },
    onReport: ({ groups, partitions }) => {
      tellProgress()
      tell(
        link.ask(reportApi, {
          groups,
          partitions: partitions.map((one) => ({
            ...one,
            cutTo: one.cutTo ?? offset(-1),
            trimTo: one.trimTo ?? offset(0),
          })),
        }),
      )
    },
  }
  const failure = await followLeader(leaderBehind(link, { name: 'the source', offer }, request), request, watched).then(
    () => null,
    (error: unknown) => failureFor(error),
  )
  if (gone.signal.aborted) return
  if (failure !== null) onFailure?.(failure)
  // The other side may leave as soon as it knows.
  await link.ask(endApi, { failure }).catch(() => undefined)
}

/** A note that nobody waits for; when the other side is gone, that is seen elsewhere. */
function tell(told: Promise<unknown>): void {
  told.catch(() => undefined)
}
