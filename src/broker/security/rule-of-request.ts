import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import type { CreateAclsRequest } from '../../protocol/messages/create-acls.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import {
  type AccessRule,
  type AccessRuleFilter,
  operations,
  patternTypes,
  permissions,
  resourceTypes,
} from './access-rule.ts'
import type { AccessRules } from './access-rules.ts'

type Creation = CreateAclsRequest['creations'][number]

/** The rules of the broker, for who may see or change them. Throws `KafkaError` for who may not, and when access rules do not hold here. */
export function rulesFor(context: RequestContext, operation: 'DESCRIBE' | 'ALTER'): AccessRules {
  const { accessRules } = context.broker
  if (accessRules === undefined) throw new KafkaError(ErrorCode.SECURITY_DISABLED, 'no authorizer is configured')
  if (isAllowed(context, { operation, resource: 'CLUSTER', name: 'kafka-cluster' })) return accessRules
  throw new KafkaError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
}

/** Throws `KafkaError` for what is no rule. */
export function ruleOf(creation: Creation): AccessRule {
  const { resourceName: name, principal, host } = creation
  const resource = named(resourceTypes, creation.resourceType, 'resource type')
  if (name === '') throw invalid('the name of the resource is empty')
  if (resource === 'CLUSTER' && name !== 'kafka-cluster') throw invalid('the only cluster is kafka-cluster')
  if (!/^[^:]+:./s.test(principal)) throw invalid('a principal is TYPE:NAME, such as User:alice')
  if (host === '') throw invalid('the host is empty')
  return {
    resource,
    name,
    pattern: named(patternTypes, creation.resourcePatternType, 'pattern type'),
    principal,
    host,
    operation: named(operations, creation.operation, 'operation'),
    permission: named(permissions, creation.permissionType, 'permission type'),
  }
}

/** Throws `KafkaError` for a filter that Kafka does not know either: UNKNOWN stands in none. */
export function checkFilter({
  resourceTypeFilter,
  patternTypeFilter,
  operation,
  permissionType,
}: AccessRuleFilter): void {
  if ([resourceTypeFilter, patternTypeFilter, operation, permissionType].every((number) => number > 0)) return
  throw invalid('the filter has elements that are not known')
}

/** A rule as answers have it, by Kafka's numbers. */
export function numbersOf(rule: AccessRule): {
  readonly resourceType: number
  readonly patternType: number
  readonly operation: number
  readonly permissionType: number
} {
  return {
    resourceType: (resourceTypes as readonly string[]).indexOf(rule.resource),
    patternType: (patternTypes as readonly string[]).indexOf(rule.pattern),
    operation: (operations as readonly string[]).indexOf(rule.operation),
    permissionType: (permissions as readonly string[]).indexOf(rule.permission),
  }
}

function named(names: readonly string[], number: number, what: string): string {
  const name = names[number]
  if (name !== undefined && name !== '') return name
  throw invalid(`there is no ${what} ${number}`)
}

function invalid(reason: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, reason)
}
