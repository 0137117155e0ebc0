import type { Operation, Resource } from '../authorizer.ts'

/** Names by Kafka's numbers; the first two of each are `UNKNOWN` and `ANY`, which stand in filters alone. */
export const resourceTypes = [
  '',
  '',
  'TOPIC',
  'GROUP',
  'CLUSTER',
  'TRANSACTIONAL_ID',
  'DELEGATION_TOKEN',
  'USER',
] as const
export const patternTypes = ['', '', '', 'LITERAL', 'PREFIXED'] as const
export const operations = [
  '',
  '',
  'ALL',
  'READ',
  'WRITE',
  'CREATE',
  'DELETE',
  'ALTER',
  'DESCRIBE',
  'CLUSTER_ACTION',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
  'IDEMPOTENT_WRITE',
  'CREATE_TOKENS',
  'DESCRIBE_TOKENS',
  'TWO_PHASE_COMMIT',
] as const
export const permissions = ['', '', 'DENY', 'ALLOW'] as const

/** ANY in a filter, and what a name matches, wildcards and prefixes included. */
export const anything = 1
export const whatMatches = 2

/** One rule of Kafka's model: who may, or may not, do what with which resources, from where. In names. */
export interface AccessRule {
  readonly resource: string
  /** `*` with LITERAL is every name. */
  readonly name: string
  readonly pattern: string
  /** `User:alice`; `User:*` is everybody. */
  readonly principal: string
  /** An address; `*` is everywhere. */
  readonly host: string
  readonly operation: string
  readonly permission: string
}

/** What a request asks for, by Kafka's numbers; null and ANY match everything. */
export interface AccessRuleFilter {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}

/** Whether the rule speaks of a resource of that name. */
export function concerns({ name: ruled, pattern }: AccessRule, name: string): boolean {
  return pattern === 'PREFIXED' ? name.startsWith(ruled) : ruled === name || ruled === '*'
}

/** What also gives leave to an operation; a prohibition is of the operation itself. */
const impliedBy: Readonly<Partial<Record<Operation, readonly string[]>>> = {
  DESCRIBE: ['READ', 'WRITE', 'DELETE', 'ALTER'],
  DESCRIBE_CONFIGS: ['ALTER_CONFIGS'],
}

/** Whether the rule speaks of that operation. */
export function covers({ operation: ruled, permission }: AccessRule, operation: Operation): boolean {
  if (ruled === 'ALL' || ruled === operation) return true
  return permission === 'ALLOW' && impliedBy[operation]?.includes(ruled) === true
}

/** Whether the rule speaks of that client. */
export function speaksOf(
  { principal, host }: AccessRule,
  client: { readonly principal: string; readonly host: string },
): boolean {
  return (principal === client.principal || principal === 'User:*') && (host === client.host || host === '*')
}

/** Whether a filter finds the rule, as Kafka's AclBindingFilter does. */
export function isFound(rule: AccessRule, filter: AccessRuleFilter): boolean {
  const { principalFilter, hostFilter, operation, permissionType } = filter
  return (
    isResourceFound(rule, filter) &&
    (principalFilter === null || principalFilter === rule.principal) &&
    (hostFilter === null || hostFilter === rule.host) &&
    (operation === anything || operations[operation] === rule.operation) &&
    (permissionType === anything || permissions[permissionType] === rule.permission)
  )
}

function isResourceFound(rule: AccessRule, filter: AccessRuleFilter): boolean {
  const { resourceTypeFilter: type, resourceNameFilter: name, patternTypeFilter: pattern } = filter
  if (type !== anything && resourceTypes[type] !== rule.resource) return false
  if (pattern === whatMatches) return name === null || concerns(rule, name)
  if (pattern !== anything && patternTypes[pattern] !== rule.pattern) return false
  return name === null || name === rule.name
}

/** Two rules that say the same are one. */
export function keyOfRule(rule: AccessRule): string {
  const { resource, name, pattern, principal, host, operation, permission } = rule
  return JSON.stringify([resource, pattern, name, principal, host, operation, permission])
}

export function isOfResource(rule: AccessRule, resource: Resource): boolean {
  return rule.resource === resource
}
