import type { FileSystem } from '../../disk/file-system.ts'
import { ACCESS_RULES_FILE } from '../../storage/file-names.ts'
import {
  type Access,
  type Authorizer,
  directoryOwner,
  type Operation,
  type Principal,
  type Resource,
} from '../authorizer.ts'
import {
  type AccessRule,
  type AccessRuleFilter,
  concerns,
  covers,
  isFound,
  isOfResource,
  keyOfRule,
  operations,
  patternTypes,
  permissions,
  resourceTypes,
  speaksOf,
} from './access-rule.ts'
import { type Fields, type PrivateDocument, privateDocument } from './private-document.ts'

/** Decisions that are remembered. */
const decisionsMax = 10_000

/** What the rules do not say. */
export interface AccessTerms {
  /** Who may do everything: `User:admin`. */
  readonly superUsers: ReadonlySet<string>
  /** allow.everyone.if.no.acl.found: what no rule speaks of is for everybody. */
  readonly isOpenWithoutRules: boolean
}

export interface AccessRulesOptions extends AccessTerms {
  readonly fileSystem: FileSystem
  readonly directory: string
}

/**
 * Access rules, in `tslog-acls.json`, and who may do what by them, as Kafka's StandardAuthorizer has it: super users may everything; one prohibition
 * that matches beats all leave; without leave it is no.
 */
export class AccessRules implements Authorizer {
  #terms: AccessTerms
  readonly #document: PrivateDocument<AccessRule>
  #rules = new Map<string, AccessRule>()
  /** What was asked lately: clients ask the same for each request. */
  readonly #decided = new Map<string, boolean>()

  /** Throws `CorruptSegmentError` when the file is not what was written. */
  constructor(options: AccessRulesOptions) {
    this.#terms = options
    this.#document = privateDocument(options.fileSystem, `${options.directory}/${ACCESS_RULES_FILE}`, readRule)
    this.reload()
  }

  /** Takes over what the file says now. Throws `CorruptSegmentError`, with nothing changed. */
  reload(): void {
    this.#rules = new Map(this.#document.read().map((rule) => [keyOfRule(rule), rule]))
    this.#decided.clear()
  }

  /** Goes by other terms from now on. */
  reconfigure(terms: AccessTerms): void {
    this.#terms = terms
    this.#decided.clear()
  }

  allows(principal: Principal, host: string, access: Access): boolean {
    if (this.#mayEverything(principal)) return true
    const question = JSON.stringify([nameOf(principal), host, access.operation, access.resource, access.name])
    const known = this.#decided.get(question)
    if (known !== undefined) return known
    const decision = this.#decide(principal, host, access)
    if (this.#decided.size >= decisionsMax) this.#decided.clear()
    this.#decided.set(question, decision)
    return decision
  }

  #decide(principal: Principal, host: string, { operation, resource, name }: Access): boolean {
    const concerned = [...this.#rules.values()].filter((rule) => isOfResource(rule, resource) && concerns(rule, name))
    if (concerned.length === 0) return this.#terms.isOpenWithoutRules
    const client = { principal: nameOf(principal), host }
    const matching = concerned.filter((rule) => speaksOf(rule, client) && covers(rule, operation))
    return matching.length > 0 && matching.every(({ permission }) => permission === 'ALLOW')
  }

  allowsAny(principal: Principal, host: string, { operation, resource }: Omit<Access, 'name'>): boolean {
    if (this.#mayEverything(principal)) return true
    const matching = this.#matching(principal, host, { operation, resource })
    const denied = matching.filter(({ permission }) => permission === 'DENY')
    if (denied.some(({ name, pattern }) => name === '*' && pattern === 'LITERAL')) return false
    const given = matching.filter(({ permission }) => permission === 'ALLOW')
    return this.#terms.isOpenWithoutRules || given.some((rule) => !denied.some((other) => isTakenBack(rule, other)))
  }

  /** Those that the filter finds, in a lasting order. */
  find(filter: AccessRuleFilter): AccessRule[] {
    const found = [...this.#rules.values()].filter((rule) => isFound(rule, filter))
    return found.toSorted((a, b) => (keyOfRule(a) < keyOfRule(b) ? -1 : 1))
  }

  /** Adds some and removes some, durably: all or, when this throws, none. */
  change({ added, removed }: { readonly added: readonly AccessRule[]; readonly removed: readonly AccessRule[] }): void {
    const next = new Map(this.#rules)
    for (const rule of removed) next.delete(keyOfRule(rule))
    for (const rule of added) next.set(keyOfRule(rule), rule)
    this.#document.write([...next.values()])
    this.#rules = next
    this.#decided.clear()
  }

  #mayEverything(principal: Principal): boolean {
    return principal === directoryOwner || this.#terms.superUsers.has(nameOf(principal))
  }

  #matching(
    principal: Principal,
    host: string,
    { operation, resource }: { readonly operation: Operation; readonly resource: Resource },
  ): AccessRule[] {
    const client = { principal: nameOf(principal), host }
    return [...this.#rules.values()].filter(
      (rule) => isOfResource(rule, resource) && speaksOf(rule, client) && covers(rule, operation),
    )
  }
}

/** Whether nothing is left of what a rule gives. */
function isTakenBack(given: AccessRule, denied: AccessRule): boolean {
  if (denied.pattern === 'PREFIXED') return given.name.startsWith(denied.name)
  return given.pattern === 'LITERAL' && given.name === denied.name
}

function nameOf({ type, name }: Principal): string {
  return `${type}:${name}`
}

function readRule(fields: Fields): AccessRule | undefined {
  const [resource, pattern, operation, permission] = [
    wordOf(fields, 'resource', resourceTypes),
    wordOf(fields, 'pattern', patternTypes),
    wordOf(fields, 'operation', operations),
    wordOf(fields, 'permission', permissions),
  ]
  const [name, principal, host] = ['name', 'principal', 'host'].map((key) => textOf(fields, key))
  if (!resource || !pattern || !operation || !permission || !name || !principal || !host) return undefined
  return { resource, name, pattern, principal, host, operation, permission }
}

/** Empty for what is no text. */
function textOf(fields: Fields, key: string): string {
  const value = fields.get(key)
  return typeof value === 'string' ? value : ''
}

/** Empty for what is none of the words. */
function wordOf(fields: Fields, key: string, words: readonly string[]): string {
  const word = textOf(fields, key)
  return words.includes(word) ? word : ''
}
