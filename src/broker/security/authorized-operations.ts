import type { Operation, Resource } from '../authorizer.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import { operations } from './access-rule.ts'

/** What the field says when it is not told (KIP-430). */
export const operationsNotTold = -0x8000_0000

/** What can be done to each kind of resource, as Kafka counts it. */
const possible: Readonly<Partial<Record<Resource, readonly Operation[]>>> = {
  TOPIC: ['READ', 'WRITE', 'CREATE', 'DELETE', 'ALTER', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
  GROUP: ['READ', 'DESCRIBE', 'DELETE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
  CLUSTER: ['CREATE', 'ALTER', 'DESCRIBE', 'CLUSTER_ACTION', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS', 'IDEMPOTENT_WRITE'],
}

/** What the client may do to a resource: a bit for each operation, by Kafka's numbers. Of a cluster that it may not look at it is told nothing. */
export function authorizedOperations(resource: Resource, name: string, context: RequestContext): number {
  const allowed = (possible[resource] ?? []).filter((operation) => isAllowed(context, { operation, resource, name }))
  if (resource === 'CLUSTER' && !allowed.includes('DESCRIBE')) return 0
  return allowed.reduce((bits, operation) => bits | (1 << (operations as readonly string[]).indexOf(operation)), 0)
}
