import { ErrorCode, errorName } from '../../protocol/error-codes.ts'
import {
  describeAclsApi,
  type DescribeAclsRequest,
  type DescribeAclsResponse,
} from '../../protocol/messages/describe-acls.ts'
import type { Handler } from '../request-router.ts'
import type { AccessRule } from '../security/access-rule.ts'
import { checkFilter, numbersOf, rulesFor } from '../security/rule-of-request.ts'

// DescribeAcls: the access rules that a filter finds.
//
// Behaviour
//   * Rules of one resource pattern are told together. Without an authorizer: SECURITY_DISABLED.
// Versions
//   0 to 3. 1 has pattern types.

export const describeAclsHandler: Handler<DescribeAclsRequest, DescribeAclsResponse> = {
  api: describeAclsApi,
  handle: (filter, context) => {
    const rules = rulesFor(context, 'DESCRIBE')
    checkFilter(filter)
    const byResource = Map.groupBy(
      rules.find(filter),
      ({ resource, pattern, name }) => `${resource} ${pattern} ${name}`,
    )
    const resources = [...byResource.values()].map(resourceOf)
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, resources }
  },
  refuse: (_, errorCode) => ({ throttleTimeMs: 0, errorCode, errorMessage: errorName(errorCode), resources: [] }),
}

function resourceOf(rules: readonly AccessRule[]): DescribeAclsResponse['resources'][number] {
  const [first] = rules as readonly [AccessRule]
  const { resourceType, patternType } = numbersOf(first)
  return {
    resourceType,
    resourceName: first.name,
    patternType,
    acls: rules.map((rule) => {
      const { operation, permissionType } = numbersOf(rule)
      return { principal: rule.principal, host: rule.host, operation, permissionType }
    }),
  }
}
