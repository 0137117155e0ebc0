import { ErrorCode } from '../protocol/error-codes.ts'
import type { DescribeGroupsResponse } from '../protocol/messages/describe-groups.ts'
import type { ListGroupsRequest, ListGroupsResponse } from '../protocol/messages/list-groups.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type ClassicMember, NO_ASSIGNMENT } from './classic-member.ts'

export type DescribedGroup = DescribeGroupsResponse['groups'][number]
export type ListedGroup = ListGroupsResponse['groups'][number]

/** What a client reads as "not asked for". */
const NO_OPERATIONS = -0x8000_0000

/** A group that is not there, or that could not be asked about. */
export function describedNothing(groupId: string, errorCode: number = ErrorCode.NONE): DescribedGroup {
  return {
    errorCode,
    groupId,
    groupState: errorCode === ErrorCode.NONE ? 'Dead' : '',
    protocolType: '',
    protocolData: '',
    members: [],
    authorizedOperations: NO_OPERATIONS,
  }
}

/** State and members; what these say only while the group is stable, as that may change. */
export function describeGroup(group: ClassicGroup): DescribedGroup {
  const protocol = group.state === 'Stable' ? group.protocolName : null
  return {
    errorCode: ErrorCode.NONE,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: protocol ?? '',
    members: [...group.roster.members()].map((member) => describeMember(member, protocol)),
    authorizedOperations: NO_OPERATIONS,
  }
}

/** A line of ListGroups. */
export function listedGroup({ groupId, protocolType, state }: ClassicGroup): ListedGroup {
  return { groupId, protocolType: protocolType ?? '', groupState: state, groupType: 'classic' }
}

/** Whether a ListGroups asks for such a group; names of states and types in any case, none means all. */
export function isAskedFor({ groupState, groupType }: ListedGroup, filters: ListGroupsRequest): boolean {
  return isOneOf(groupState, filters.statesFilter) && isOneOf(groupType, filters.typesFilter)
}

function isOneOf(value: string, wanted: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((name) => name.trim().toLowerCase() === value.toLowerCase())
}

function describeMember(member: ClassicMember, protocol: string | null): DescribedGroup['members'][number] {
  const { memberId, groupInstanceId, clientId, clientHost } = member
  return {
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    memberMetadata: protocol === null ? NO_ASSIGNMENT : member.metadata(protocol),
    memberAssignment: member.assignment,
  }
}
