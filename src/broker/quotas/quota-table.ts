import type { FileSystem } from '../../disk/file-system.ts'
import { QUOTAS_FILE } from '../../storage/file-names.ts'
import { type Fields, type PrivateDocument, privateDocument } from '../security/private-document.ts'
import {
  addressKeys,
  type EntityType,
  entityTypes,
  isEntityFound,
  keyOfEntity,
  type QuotaEntity,
  type QuotaFilter,
  quotaKeys,
  type QuotaPlace,
  quotaPlaces,
} from './quota-entity.ts'

/** An entity with all its quotas. */
export interface EntityQuotas {
  readonly entity: QuotaEntity
  /** By Kafka's names; at least one. */
  readonly values: ReadonlyMap<string, number>
}

/** The quota that holds for a client. */
export interface QuotaInForce {
  readonly limit: number
  /** Whose bytes are counted together. */
  readonly counted: QuotaPlace['counted']
}

/** Clients whose quota is remembered. */
const decisionsMax = 10_000

/** Who may send and read how fast, in `tslog-quotas.json`. */
export class QuotaTable {
  readonly #document: PrivateDocument<StoredQuotas>
  #byKey = new Map<string, EntityQuotas>()
  /** What was asked lately: clients are the same for each request. */
  readonly #decided = new Map<string, QuotaInForce | undefined>()

  /** Throws `CorruptSegmentError` when the file is not what was written. */
  constructor(fileSystem: FileSystem, directory: string) {
    this.#document = privateDocument(fileSystem, `${directory}/${QUOTAS_FILE}`, readQuotas)
    this.reload()
  }

  /** Takes over what the file says now. Throws `CorruptSegmentError`, with nothing changed. */
  reload(): void {
    this.#take(new Map(this.#document.read().map((stored) => restored(stored))))
  }

  /** Whether nobody has one: there is nothing to count then. */
  get isEmpty(): boolean {
    return this.#byKey.size === 0
  }

  /** Those that the filter finds, in a lasting order. */
  find(filter: QuotaFilter): EntityQuotas[] {
    const found = [...this.#byKey].filter(([, { entity }]) => isEntityFound(entity, filter))
    return found.toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, quotas]) => quotas)
  }

  /** Changes the quotas of an entity, durably; `undefined` removes one. When this throws nothing has changed. */
  change(entity: QuotaEntity, changes: ReadonlyMap<string, number | undefined>): void {
    const key = keyOfEntity(entity)
    const values = new Map(this.#byKey.get(key)?.values)
    for (const [name, value] of changes) {
      if (value === undefined) values.delete(name)
      else values.set(name, value)
    }
    const next = new Map(this.#byKey)
    if (values.size === 0) next.delete(key)
    else next.set(key, { entity, values })
    this.#document.write([...next.values()].map(storedOf))
    this.#take(next)
  }

  /** The quota of that name which holds for a client, if any. */
  inForce(name: string, user: string, clientId: string): QuotaInForce | undefined {
    if (this.isEmpty) return undefined
    const question = JSON.stringify([name, user, clientId])
    if (this.#decided.has(question)) return this.#decided.get(question)
    const decision = this.#decide(name, user, clientId)
    if (this.#decided.size >= decisionsMax) this.#decided.clear()
    this.#decided.set(question, decision)
    return decision
  }

  /** The quota of that name which holds for an address, if any. */
  ofAddress(name: string, host: string): number | undefined {
    if (this.isEmpty) return undefined
    const [own, byDefault] = addressKeys(host).map((key) => this.#byKey.get(key)?.values.get(name))
    return own ?? byDefault
  }

  #decide(name: string, user: string, clientId: string): QuotaInForce | undefined {
    for (const { key, counted } of quotaPlaces(user, clientId)) {
      const limit = this.#byKey.get(key)?.values.get(name)
      if (limit !== undefined) return { limit, counted }
    }
    return undefined
  }

  #take(next: Map<string, EntityQuotas>): void {
    this.#byKey = next
    this.#decided.clear()
  }
}

/** As it stands in the file: types with names, and quotas with values, side by side. */
type StoredQuotas = Readonly<Record<string, string | number | null>>

function storedOf({ entity, values }: EntityQuotas): StoredQuotas {
  return Object.fromEntries([...entity, ...values])
}

function restored(stored: StoredQuotas): [string, EntityQuotas] {
  const entries = Object.entries(stored)
  const entity = new Map(entries.filter((entry): entry is [EntityType, string | null] => isEntityType(entry[0])))
  const values = new Map(entries.filter((entry): entry is [string, number] => quotaKeys.has(entry[0])))
  return [keyOfEntity(entity), { entity, values }]
}

function isEntityType(name: string): name is EntityType {
  return (entityTypes as readonly string[]).includes(name)
}

function readQuotas(fields: Fields): StoredQuotas | undefined {
  const entries = [...fields]
  const types = entries.filter(([name]) => isEntityType(name))
  const values = entries.filter(([name]) => quotaKeys.has(name))
  const isWhole =
    types.length > 0 &&
    values.length > 0 &&
    types.length + values.length === entries.length &&
    types.every(([, name]) => name === null || (typeof name === 'string' && name !== '')) &&
    values.every(([, value]) => typeof value === 'number' && value > 0)
  return isWhole ? Object.fromEntries(entries as [string, string | number | null][]) : undefined
}
