import { ErrorCode } from '../protocol/error-codes.ts'
import type { JoinGroupResponse } from '../protocol/messages/join-group.ts'
import type { SyncGroupResponse } from '../protocol/messages/sync-group.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type ClassicMember, NO_ASSIGNMENT } from './classic-member.ts'

/** A join that failed. Null names become empty ones in the versions that have no null. */
export function joinError(errorCode: number, memberId: string): JoinGroupResponse {
  return {
    throttleTimeMs: 0,
    errorCode,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  }
}

/** A join that gives the member its place in the generation of now; the leader learns of the others too. */
export function joinedResponse(group: ClassicGroup, memberId: string): JoinGroupResponse {
  const isLeader = group.roster.leader === memberId
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.roster.leader ?? '',
    skipAssignment: false,
    memberId,
    members: isLeader ? membersOf(group) : [],
  }
}

/** All members with what they say in the protocol that was voted for: what a leader needs to know. */
export function membersOf({ roster, protocolName }: ClassicGroup): JoinGroupResponse['members'] {
  return [...roster.members()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: member.metadata(protocolName),
  }))
}

export function syncError(errorCode: number): SyncGroupResponse {
  return { throttleTimeMs: 0, errorCode, protocolType: null, protocolName: null, assignment: NO_ASSIGNMENT }
}

export function syncedResponse({ protocolType, protocolName }: ClassicGroup, member: ClassicMember): SyncGroupResponse {
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    protocolType,
    protocolName,
    assignment: member.assignment,
  }
}
