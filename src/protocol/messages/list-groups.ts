import { type ValueOf, array, int16, int32, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const listGroupsRequest = struct({ statesFilter: array(string).since(4), typesFilter: array(string).since(5) })
export type ListGroupsRequest = ValueOf<typeof listGroupsRequest>

export const listGroupsResponse = struct({
  throttleTimeMs: int32.since(1),
  errorCode: int16,
  groups: array({ groupId: string, protocolType: string, groupState: string.since(4), groupType: string.since(5) }),
})
export type ListGroupsResponse = ValueOf<typeof listGroupsResponse>

/** The groups of this coordinator. Version 4 filters by state, 5 by type. */
export const listGroupsApi: Api<ListGroupsRequest, ListGroupsResponse> = api(
  'ListGroups',
  listGroupsRequest,
  listGroupsResponse,
)
