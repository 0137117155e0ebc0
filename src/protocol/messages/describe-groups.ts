import { type ValueOf, array, boolean, bytes, int16, int32, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const describeGroupsRequest = struct({ groups: array(string), includeAuthorizedOperations: boolean.since(3) })
export type DescribeGroupsRequest = ValueOf<typeof describeGroupsRequest>

export const describeGroupsResponse = struct({
  throttleTimeMs: int32.since(1),
  groups: array({
    errorCode: int16,
    groupId: string,
    groupState: string,
    protocolType: string,
    protocolData: string,
    members: array({
      memberId: string,
      groupInstanceId: nullable(string).since(4),
      clientId: string,
      clientHost: string,
      memberMetadata: bytes,
      memberAssignment: bytes,
    }),
    authorizedOperations: int32.or(-0x8000_0000).since(3),
  }),
})
export type DescribeGroupsResponse = ValueOf<typeof describeGroupsResponse>

/** State and members of classic groups. Version 3 has authorized operations, 4 static members. */
export const describeGroupsApi: Api<DescribeGroupsRequest, DescribeGroupsResponse> = api(
  'DescribeGroups',
  describeGroupsRequest,
  describeGroupsResponse,
)
