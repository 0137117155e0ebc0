import { type ValueOf, array, int16, int32, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const deleteGroupsRequest = struct({ groupsNames: array(string) })
export type DeleteGroupsRequest = ValueOf<typeof deleteGroupsRequest>

export const deleteGroupsResponse = struct({
  throttleTimeMs: int32,
  results: array({ groupId: string, errorCode: int16 }),
})
export type DeleteGroupsResponse = ValueOf<typeof deleteGroupsResponse>

/** Deletes groups that have no members. */
export const deleteGroupsApi: Api<DeleteGroupsRequest, DeleteGroupsResponse> = api(
  'DeleteGroups',
  deleteGroupsRequest,
  deleteGroupsResponse,
)
