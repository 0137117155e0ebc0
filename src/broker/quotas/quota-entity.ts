/** What a quota can be of: Kafka's entity types. An address goes with no other. */
export const entityTypes = ['user', 'client-id', 'ip'] as const
export type EntityType = (typeof entityTypes)[number]

/** Whose quota it is, a name for each type; `null` stands for all that have none of their own. */
export type QuotaEntity = ReadonlyMap<EntityType, string | null>

/** How values of a quota are written; `hasEffect` tells those that clients are held to here, `isOfAddress` those of ip. */
export interface QuotaKey {
  readonly isWhole: boolean
  readonly hasEffect: boolean
  readonly isOfAddress: boolean
}

/** By Kafka's names. */
export const quotaKeys: ReadonlyMap<string, QuotaKey> = new Map([
  ['producer_byte_rate', { isWhole: true, hasEffect: true, isOfAddress: false }],
  ['consumer_byte_rate', { isWhole: true, hasEffect: true, isOfAddress: false }],
  ['request_percentage', { isWhole: false, hasEffect: false, isOfAddress: false }],
  ['controller_mutation_rate', { isWhole: false, hasEffect: false, isOfAddress: false }],
  ['connection_creation_rate', { isWhole: true, hasEffect: true, isOfAddress: true }],
])

/** Two entities that are the same have the same key. */
export function keyOfEntity(entity: QuotaEntity): string {
  return JSON.stringify(entityTypes.map((type) => (entity.has(type) ? [entity.get(type)] : [])))
}

/** The keys of an address and of all addresses that have no quota of their own. */
export function addressKeys(host: string): readonly [string, string] {
  return [keyOfEntity(new Map([['ip', host]])), keyOfEntity(new Map([['ip', null]]))]
}

/** Where to look for the quota of a client, the nearest first, and whose bytes are then counted together. */
export interface QuotaPlace {
  readonly key: string
  readonly counted: { readonly user: string; readonly clientId: string }
}

/** As Kafka's ClientQuotaManager has it: what names the user goes before what names the client id, a name before the default. */
export function quotaPlaces(user: string, clientId: string): QuotaPlace[] {
  const both = { user, clientId }
  const ofUser = { user, clientId: '' }
  const ofClient = { user: '', clientId }
  const place = (
    [users, clients]: readonly [readonly (string | null)[], readonly (string | null)[]],
    counted: QuotaPlace['counted'],
  ): QuotaPlace => ({ key: JSON.stringify([users, clients, []]), counted })
  return [
    place([[user], [clientId]], both),
    place([[user], [null]], both),
    place([[user], []], ofUser),
    place([[null], [clientId]], both),
    place([[null], [null]], both),
    place([[null], []], ofUser),
    place([[], [clientId]], ofClient),
    place([[], [null]], ofClient),
  ]
}

/** What DescribeClientQuotas asks for. */
export interface QuotaFilter {
  /** The name that a type must have; `null` is the default. */
  readonly named: ReadonlyMap<EntityType, string | null>
  /** Types that there must be, whatever the name. */
  readonly present: ReadonlySet<EntityType>
  /** Whether there may be no others. */
  readonly isStrict: boolean
}

export function isEntityFound(entity: QuotaEntity, { named, present, isStrict }: QuotaFilter): boolean {
  if (isStrict && entity.size !== named.size + present.size) return false
  if ([...present].some((type) => !entity.has(type))) return false
  return [...named].every(([type, name]) => entity.has(type) && entity.get(type) === name)
}
