import { ErrorCode, errorName } from '../../protocol/error-codes.ts'
import { createAclsApi, type CreateAclsRequest, type CreateAclsResponse } from '../../protocol/messages/create-acls.ts'
import type { Handler } from '../request-router.ts'
import { ruleOf, rulesFor } from '../security/rule-of-request.ts'
import { errorCodeOf, errorMessageOf } from '../storage-errors.ts'

// CreateAcls: adds access rules.
//
// Behaviour
//   * Each rule is judged by itself; one that is there already is no error. Durable, and in force, when it is answered.
//   * Without an authorizer: SECURITY_DISABLED.
// Versions
//   0 to 3. 1 has pattern types.

export const createAclsHandler: Handler<CreateAclsRequest, CreateAclsResponse> = {
  api: createAclsApi,
  handle: ({ creations }, context) => {
    const rules = rulesFor(context, 'ALTER')
    const judged = creations.map((creation) => {
      try {
        return ruleOf(creation)
      } catch (error) {
        return { errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) }
      }
    })
    const added = judged.flatMap((one) => ('errorCode' in one ? [] : [one]))
    if (added.length > 0) rules.change({ added, removed: [] })
    context.broker.log.info('access rules added', { count: added.length, by: context.connection.peer })
    const results = judged.map((one) => ('errorCode' in one ? one : { errorCode: ErrorCode.NONE, errorMessage: null }))
    return { throttleTimeMs: 0, results }
  },
  refuse: ({ creations }, errorCode) => ({
    throttleTimeMs: 0,
    results: creations.map(() => ({ errorCode, errorMessage: errorName(errorCode) })),
  }),
}
