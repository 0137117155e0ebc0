import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import type { AlterClientQuotasRequest } from '../../protocol/messages/alter-client-quotas.ts'
import type { DescribeClientQuotasRequest } from '../../protocol/messages/describe-client-quotas.ts'
import { type EntityType, entityTypes, type QuotaEntity, type QuotaFilter, quotaKeys } from './quota-entity.ts'

type Entry = AlterClientQuotasRequest['entries'][number]

/** How a filter's `match` is meant; the numbers are Kafka's. */
const matchType = { exact: 0, default: 1, any: 2 } as const

/** A quota may differ by so little from a whole number. */
const epsilon = 1e-6

/** Whose quotas are to be changed. Throws `KafkaError` for what is no entity. */
export function entityOf(parts: Entry['entity']): QuotaEntity {
  if (parts.length === 0) throw invalid('the entity is empty')
  const named = new Map<EntityType, string | null>()
  for (const { entityType, entityName } of parts) {
    const type = typeOf(entityType)
    if (named.has(type)) throw invalid(`the entity has more than one ${type}`)
    if (entityName === '') throw invalid(`the ${type} is empty`)
    named.set(type, entityName)
  }
  if (named.has('ip')) checkAddress(named)
  // In one order, whatever that of the request was.
  return new Map(entityTypes.filter((type) => named.has(type)).map((type) => [type, named.get(type) ?? null]))
}

/** Names of machines are not looked up: an address is what a connection comes from. */
function checkAddress(named: ReadonlyMap<EntityType, string | null>): void {
  if (named.size > 1) throw invalid('an ip goes with no user and no client-id')
  const address = named.get('ip')
  const isAddress = address === null || /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f:.]*:[0-9a-f:.]*)$/i.test(address ?? '')
  if (!isAddress) throw invalid(`${JSON.stringify(address)} is not an address`)
}

/** What is to become of which quota of `entity`; `undefined` for what is removed. Throws `KafkaError` for what Kafka does not allow. */
export function changesOf(ops: Entry['ops'], entity: QuotaEntity): Map<string, number | undefined> {
  const changes = new Map<string, number | undefined>()
  for (const { key, value, remove } of ops) {
    const definition = quotaKeys.get(key)
    if (definition?.isOfAddress !== entity.has('ip')) {
      throw invalid(`there is no quota ${JSON.stringify(key)} of ${[...entity.keys()].join(' and ')}`)
    }
    if (changes.has(key)) throw invalid(`the quota ${key} stands twice`)
    if (!remove) checkValue(key, value, definition.isWhole)
    changes.set(key, remove ? undefined : definition.isWhole ? Math.round(value) : value)
  }
  return changes
}

function checkValue(key: string, value: number, isWhole: boolean): void {
  if (!Number.isFinite(value) || value <= 0) throw invalid(`the quota ${key} must be greater than 0`)
  if (!isWhole) return
  if (Math.abs(Math.round(value) - value) > epsilon || Math.round(value) < 1) {
    throw invalid(`the quota ${key} must be a whole number`)
  }
}

/** What is asked for. Throws `KafkaError` for a filter that contradicts itself. */
export function filterOf({ components, strict }: DescribeClientQuotasRequest): QuotaFilter {
  const named = new Map<EntityType, string | null>()
  const present = new Set<EntityType>()
  for (const { entityType, matchType: kind, match } of components) {
    const type = typeOf(entityType)
    if (named.has(type) || present.has(type)) throw invalid(`the filter has more than one ${type}`)
    checkMatch(type, kind, match)
    if (kind === matchType.any) present.add(type)
    else named.set(type, match)
  }
  if ((named.has('ip') || present.has('ip')) && components.length > 1) {
    throw invalid('an ip goes with no user and no client-id')
  }
  return { named, present, isStrict: strict }
}

function checkMatch(type: EntityType, kind: number, match: string | null): void {
  if (!Object.values<number>(matchType).includes(kind)) throw invalid(`there is no match type ${kind}`)
  if (kind === matchType.exact && match === null) throw invalid(`the ${type} to match is not named`)
  if (kind !== matchType.exact && match !== null) throw invalid('a name goes with no default and no any')
}

function typeOf(name: string): EntityType {
  const type = entityTypes.find((one) => one === name)
  if (type !== undefined) return type
  throw invalid(`there is no entity type ${JSON.stringify(name)}`)
}

function invalid(reason: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, reason)
}
