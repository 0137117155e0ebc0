import { ErrorCode, errorName } from '../../protocol/error-codes.ts'
import { deleteAclsApi, type DeleteAclsRequest, type DeleteAclsResponse } from '../../protocol/messages/delete-acls.ts'
import type { RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import type { AccessRule } from '../security/access-rule.ts'
import { checkFilter, numbersOf, rulesFor } from '../security/rule-of-request.ts'
import { errorCodeOf, errorMessageOf } from '../storage-errors.ts'

// DeleteAcls: removes the access rules that filters find.
//
// Behaviour
//   * Each filter is told what it removed. Durable, and in force, when it is answered. Without an authorizer: SECURITY_DISABLED.
// Versions
//   0 to 3. 1 has pattern types.

type Filter = DeleteAclsRequest['filters'][number]
type FilterResult = DeleteAclsResponse['filterResults'][number]

export const deleteAclsHandler: Handler<DeleteAclsRequest, DeleteAclsResponse> = {
  api: deleteAclsApi,
  handle: ({ filters }, context) => ({
    throttleTimeMs: 0,
    filterResults: filters.map((filter) => deleteFound(filter, context)),
  }),
  refuse: ({ filters }, errorCode) => ({
    throttleTimeMs: 0,
    filterResults: filters.map(() => ({ errorCode, errorMessage: errorName(errorCode), matchingAcls: [] })),
  }),
}

function deleteFound(filter: Filter, context: RequestContext): FilterResult {
  try {
    const rules = rulesFor(context, 'ALTER')
    checkFilter(filter)
    const removed = rules.find(filter)
    if (removed.length > 0) rules.change({ added: [], removed })
    context.broker.log.info('access rules removed', { count: removed.length, by: context.connection.peer })
    return { errorCode: ErrorCode.NONE, errorMessage: null, matchingAcls: removed.map(matchingAcl) }
  } catch (error) {
    return { errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error), matchingAcls: [] }
  }
}

function matchingAcl(rule: AccessRule): FilterResult['matchingAcls'][number] {
  const { name: resourceName, principal, host } = rule
  return { errorCode: ErrorCode.NONE, errorMessage: null, resourceName, principal, host, ...numbersOf(rule) }
}
