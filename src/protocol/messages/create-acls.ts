import { type ValueOf, array, int16, int32, int8, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const createAclsRequest = struct({
  creations: array({
    resourceType: int8,
    resourceName: string,
    resourcePatternType: int8.or(3).since(1),
    principal: string,
    host: string,
    operation: int8,
    permissionType: int8,
  }),
})
export type CreateAclsRequest = ValueOf<typeof createAclsRequest>

export const createAclsResponse = struct({
  throttleTimeMs: int32,
  results: array({ errorCode: int16, errorMessage: nullable(string).or('') }),
})
export type CreateAclsResponse = ValueOf<typeof createAclsResponse>

/** Adds access rules. Version 1 has the pattern type. The numbers are those of DescribeAcls. */
export const createAclsApi: Api<CreateAclsRequest, CreateAclsResponse> = api(
  'CreateAcls',
  createAclsRequest,
  createAclsResponse,
)
