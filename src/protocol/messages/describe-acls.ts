import { type ValueOf, array, int16, int32, int8, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const describeAclsRequest = struct({
  resourceTypeFilter: int8,
  resourceNameFilter: nullable(string).or(''),
  patternTypeFilter: int8.or(3).since(1),
  principalFilter: nullable(string).or(''),
  hostFilter: nullable(string).or(''),
  operation: int8,
  permissionType: int8,
})
export type DescribeAclsRequest = ValueOf<typeof describeAclsRequest>

export const describeAclsResponse = struct({
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: nullable(string).or(''),
  resources: array({
    resourceType: int8,
    resourceName: string,
    patternType: int8.or(3).since(1),
    acls: array({ principal: string, host: string, operation: int8, permissionType: int8 }),
  }),
})
export type DescribeAclsResponse = ValueOf<typeof describeAclsResponse>

/**
 * Access rules that a filter finds. Version 1 has the pattern type. In all three ACL requests 1 stands for any.
 * Resource types: 2 topic, 3 group, 4 cluster, 5 transactional id. Pattern types: 2 what matches a name, 3 literal, 4
 * prefixed. Operations: 2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter, 8 describe, 9 cluster action, 10 describe
 * configs, 11 alter configs, 12 idempotent write. Permission types: 2 deny, 3 allow.
 */
export const describeAclsApi: Api<DescribeAclsRequest, DescribeAclsResponse> = api(
  'DescribeAcls',
  describeAclsRequest,
  describeAclsResponse,
)
