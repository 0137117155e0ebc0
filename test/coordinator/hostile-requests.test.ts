import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Api, encodeResponse } from '../../src/protocol/api.ts'
import { type HeartbeatRequest, heartbeatApi } from '../../src/protocol/messages/heartbeat.ts'
import { type JoinGroupRequest, joinGroupApi } from '../../src/protocol/messages/join-group.ts'
import { type LeaveGroupRequest, leaveGroupApi } from '../../src/protocol/messages/leave-group.ts'
import { type OffsetCommitRequest, offsetCommitApi } from '../../src/protocol/messages/offset-commit.ts'
import { type OffsetDeleteRequest, offsetDeleteApi } from '../../src/protocol/messages/offset-delete.ts'
import { type SyncGroupRequest, syncGroupApi } from '../../src/protocol/messages/sync-group.ts'
import { valuesOf } from '../protocol/support/message-values.ts'
import { type StableGroup, stableGroup } from './support/test-coordinator.ts'

interface Hostile {
  readonly api: string
  readonly request: unknown
  /** Which fields say what a member of the group would say, so that the others are looked at. */
  readonly isGroupRight: boolean
  readonly isMemberRight: boolean
  readonly isGenerationRight: boolean
}

const apis: Readonly<Record<string, Api<unknown, unknown>>> = {
  JoinGroup: joinGroupApi as Api<unknown, unknown>,
  SyncGroup: syncGroupApi as Api<unknown, unknown>,
  Heartbeat: heartbeatApi as Api<unknown, unknown>,
  LeaveGroup: leaveGroupApi as Api<unknown, unknown>,
  OffsetCommit: offsetCommitApi as Api<unknown, unknown>,
  OffsetDelete: offsetDeleteApi as Api<unknown, unknown>,
}

const likely = fc.nat({ max: 3 }).map((n) => n > 0)

const hostile: fc.Arbitrary<Hostile> = fc.constantFrom(...Object.keys(apis)).chain((name) => {
  const { request, versions } = apis[name] as Api<unknown, unknown>
  return fc.record({
    api: fc.constant(name),
    request: valuesOf(request, { version: versions.last, flexible: true }),
    isGroupRight: likely,
    isMemberRight: likely,
    isGenerationRight: likely,
  })
})

/** Sends the request, mended where it is to be right; the answers that it and others got have been checked to be writable. */
function send(one: Hostile, { coordinator, memberIds, generationId }: StableGroup): void {
  const { isGroupRight, isMemberRight, isGenerationRight, api } = one
  const request = {
    ...(one.request as object),
    ...(isGroupRight ? { groupId: 'g' } : {}),
    ...(isMemberRight ? { memberId: memberIds[0], groupInstanceId: null } : {}),
    ...(isGenerationRight ? { generationId, generationIdOrMemberEpoch: generationId } : {}),
  }
  const { shard } = coordinator
  const answerOf = (response: unknown): void => writable(apis[api] as Api<unknown, unknown>, response)
  coordinator.run('g', (step) => {
    if (api === 'JoinGroup') {
      const join = { requestId: -1, apiVersion: 9, clientId: 'c', clientHost: '/::1' }
      shard.join({ ...join, request: { ...(request as JoinGroupRequest), sessionTimeoutMs: 6000 } }, step)
    }
    if (api === 'SyncGroup') shard.sync({ request: request as SyncGroupRequest, requestId: -1 }, step)
    if (api === 'Heartbeat') shard.heartbeat(request as HeartbeatRequest, step)
    if (api === 'LeaveGroup') answerOf(shard.leave(request as LeaveGroupRequest, step))
    if (api === 'OffsetCommit') answerOf(shard.offsetCommit(request as OffsetCommitRequest, 9, step))
    if (api === 'OffsetDelete') answerOf(shard.offsetDelete(request as OffsetDeleteRequest, step))
    for (const answer of step.answers) writable(apis[answer.api] as Api<unknown, unknown>, answer.response)
  })
}

function writable(api: Api<unknown, unknown>, response: unknown): void {
  encodeResponse(api, { apiVersion: api.versions.last, correlationId: 1 }, response)
}

test('whatever a request says, the coordinator goes on, and its log can be read back', () => {
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 12, size: 'max' }), (requests) => {
      const group = stableGroup(2)
      const { coordinator } = group
      coordinator.toleratesStrangers = true
      for (const one of requests) {
        send(one, group)
        coordinator.advance(1000)
      }
      const table = coordinator.table()
      expect(table.unreadableCount).toBe(0)
      const before = coordinator.shard.describe('g')
      coordinator.restart()
      if (before.groupState === 'Stable') expect(coordinator.shard.describe('g')).toEqual(before)
      coordinator.advance(10_000_000_000)
    }),
    { numRuns: 300 },
  )
})
