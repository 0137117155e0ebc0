import type { Clock } from '../base/clock.ts'
import type { Access, Authorizer, Principal } from './authorizer.ts'
import type { BrokerConfig } from './broker-config.ts'
import type { BrokerLog } from './broker-log.ts'
import type { ClusterControl } from './cluster-control.ts'
import type { DelayedOperations } from './delayed-operations.ts'
import type { GroupCoordinator } from './groups/group-coordinator.ts'
import type { FetchSessions } from './fetch-sessions.ts'
import type { KernelMemory } from './kernel-memory.ts'
import type { Metrics } from './metrics.ts'
import type { ProducerIds } from './producer-ids.ts'
import type { QuotaTable } from './quotas/quota-table.ts'
import type { Quotas } from './quotas.ts'
import type { Authentication } from './security/authentication.ts'
import type { AccessRules } from './security/access-rules.ts'
import type { Credentials } from './security/credentials.ts'
import type { LogDirectoryUse } from './log-directory-use.ts'
import type { StoredCompression } from './stored-compression.ts'
import type { TopicRegistry } from './topic-registry.ts'

/** What handlers work with: everything of the broker but its sockets. */
export interface BrokerServices {
  readonly config: BrokerConfig
  readonly clock: Clock
  /** A clock that never jumps, in ms: for how long something takes, or may take. */
  readonly elapsedMs: () => number
  readonly log: BrokerLog
  readonly metrics: Metrics
  readonly authorizer: Authorizer
  /** What the authorizer goes by; absent where everybody may do everything. */
  readonly accessRules: AccessRules | undefined
  readonly credentials: Credentials
  readonly quotas: Quotas
  /** What the quotas are. */
  readonly quotaTable: QuotaTable
  readonly cluster: ClusterControl
  readonly topics: TopicRegistry
  readonly delayed: DelayedOperations
  readonly sessions: FetchSessions
  readonly groups: GroupCoordinator
  readonly producerIds: ProducerIds
  readonly memory: KernelMemory
  readonly compression: StoredCompression
  readonly disk: LogDirectoryUse
}

/** A connection as handlers see it. */
export interface ClientConnection {
  /** Who is at the other end, for logs. */
  readonly peer: string
  /** The address of its machine, for access rules; empty for this one's, over the unix socket. */
  readonly host: string
  /** Where clients of the listener it came in on are told to connect to. */
  readonly advertised: { readonly host: string; readonly port: number }
  readonly authentication: Authentication
  readonly principal: Principal
  /** Begins no request of the client for so long, in ms, and reads none. What was begun is answered. */
  mute(ms: number): void
  /** Aborted when the connection is gone: nobody waits for an answer any more. */
  readonly closed: AbortSignal
}

/** One request, and what it may use. */
export interface RequestContext {
  readonly apiVersion: number
  readonly clientId: string
  /** Bytes of the whole request. */
  readonly requestBytes: number
  readonly connection: ClientConnection
  readonly broker: BrokerServices
}

/** Whether the client may do that. */
export function isAllowed({ connection, broker }: RequestContext, access: Access): boolean {
  return broker.authorizer.allows(connection.principal, connection.host, access)
}
