import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import {
  alterClientQuotasApi,
  type AlterClientQuotasRequest,
  type AlterClientQuotasResponse,
} from '../../protocol/messages/alter-client-quotas.ts'
import { keyOfEntity, quotaKeys } from '../quotas/quota-entity.ts'
import { changesOf, entityOf } from '../quotas/quotas-of-request.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import { errorCodeOf, errorMessageOf } from '../storage-errors.ts'

// AlterClientQuotas: sets and removes quotas (KIP-546).
//
// Behaviour
//   * Each entity is judged by itself, and changed as a whole or not at all; one that stands twice is changed once, and INVALID_REQUEST then.
//   * Durable, and in force, when it is answered. Needs ALTER_CONFIGS on the cluster.
//   * request_percentage and controller_mutation_rate are kept and told; nobody is held to them, which the log says.
//   * An ip is an address; names of machines are not looked up.
// Versions
//   0 and 1.

type Entry = AlterClientQuotasRequest['entries'][number]
type EntryAnswer = AlterClientQuotasResponse['entries'][number]

export const alterClientQuotasHandler: Handler<AlterClientQuotasRequest, AlterClientQuotasResponse> = {
  api: alterClientQuotasApi,
  handle: ({ entries, validateOnly }, context) => {
    if (!isAllowed(context, { operation: 'ALTER_CONFIGS', resource: 'CLUSTER', name: 'kafka-cluster' })) {
      throw new KafkaError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
    }
    const altered = new Set<string>()
    return { throttleTimeMs: 0, entries: entries.map((entry) => alter(entry, { validateOnly, altered }, context)) }
  },
  refuse: ({ entries }, errorCode) => ({
    throttleTimeMs: 0,
    entries: entries.map((entry) => answer(entry, errorCode)),
  }),
}

interface Alteration {
  readonly validateOnly: boolean
  /** Entities that came before in the request. */
  readonly altered: Set<string>
}

function alter(
  entry: Entry,
  { validateOnly, altered }: Alteration,
  { broker, connection }: RequestContext,
): EntryAnswer {
  try {
    const entity = entityOf(entry.entity)
    const changes = changesOf(entry.ops, entity)
    const key = keyOfEntity(entity)
    if (altered.has(key)) throw new KafkaError(ErrorCode.INVALID_REQUEST, 'the entity stands twice in the request')
    altered.add(key)
    if (validateOnly) return answer(entry, ErrorCode.NONE)
    broker.quotaTable.change(entity, changes)
    const named = [...entity].map(([type, name]) => `${type}=${name ?? '<default>'}`).join(',')
    broker.log.info('quotas altered', { entity: named, quotas: [...changes.keys()].join(','), by: connection.peer })
    for (const [name, value] of changes) {
      if (value !== undefined && quotaKeys.get(name)?.hasEffect === false) {
        broker.log.warn('quota without effect here', { entity: named, quota: name })
      }
    }
    return answer(entry, ErrorCode.NONE)
  } catch (error) {
    return { ...answer(entry, errorCodeOf(error)), errorMessage: errorMessageOf(error) }
  }
}

function answer({ entity }: Entry, errorCode: number): EntryAnswer {
  return { errorCode, errorMessage: null, entity }
}
