import { type ValueOf, array, int16, int32, int8, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const deleteAclsRequest = struct({
  filters: array({
    resourceTypeFilter: int8,
    resourceNameFilter: nullable(string).or(''),
    patternTypeFilter: int8.or(3).since(1),
    principalFilter: nullable(string).or(''),
    hostFilter: nullable(string).or(''),
    operation: int8,
    permissionType: int8,
  }),
})
export type DeleteAclsRequest = ValueOf<typeof deleteAclsRequest>

export const deleteAclsResponse = struct({
  throttleTimeMs: int32,
  filterResults: array({
    errorCode: int16,
    errorMessage: nullable(string).or(''),
    matchingAcls: array({
      errorCode: int16,
      errorMessage: nullable(string).or(''),
      resourceType: int8,
      resourceName: string,
      patternType: int8.or(3).since(1),
      principal: string,
      host: string,
      operation: int8,
      permissionType: int8,
    }),
  }),
})
export type DeleteAclsResponse = ValueOf<typeof deleteAclsResponse>

/**
 * Removes the access rules that filters find. Version 1 has the pattern type. The numbers are those of DescribeAcls.
 */
export const deleteAclsApi: Api<DeleteAclsRequest, DeleteAclsResponse> = api(
  'DeleteAcls',
  deleteAclsRequest,
  deleteAclsResponse,
)
