import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import {
  describeClientQuotasApi,
  type DescribeClientQuotasRequest,
  type DescribeClientQuotasResponse,
} from '../../protocol/messages/describe-client-quotas.ts'
import { filterOf } from '../quotas/quotas-of-request.ts'
import { isAllowed } from '../request-context.ts'
import type { Handler } from '../request-router.ts'

// DescribeClientQuotas: the quotas of users, client ids, users with client ids, and addresses (KIP-546, KIP-612).
//
// Behaviour
//   * A filter names a type with a name (0), its default (1), or any of them, the default included (2); strict leaves out what has other types beside.
//   * Needs DESCRIBE_CONFIGS on the cluster.
// Versions
//   0 and 1.

export const describeClientQuotasHandler: Handler<DescribeClientQuotasRequest, DescribeClientQuotasResponse> = {
  api: describeClientQuotasApi,
  handle: (request, context) => {
    if (!isAllowed(context, { operation: 'DESCRIBE_CONFIGS', resource: 'CLUSTER', name: 'kafka-cluster' })) {
      throw new KafkaError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
    }
    const entries = context.broker.quotaTable.find(filterOf(request)).map(({ entity, values }) => ({
      entity: [...entity].map(([entityType, entityName]) => ({ entityType, entityName })),
      values: [...values].map(([key, value]) => ({ key, value })),
    }))
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, entries }
  },
  refuse: (_, errorCode) => ({ throttleTimeMs: 0, errorCode, errorMessage: null, entries: null }),
}
