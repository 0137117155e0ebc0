import { describe, expect, test } from 'vitest'
import { directoryOwner, type Operation, type Resource } from '../../../src/broker/authorizer.ts'
import { type AccessRule, type AccessRuleFilter, isFound } from '../../../src/broker/security/access-rule.ts'
import { AccessRules } from '../../../src/broker/security/access-rules.ts'
import { MemoryFileSystem } from '../../../src/disk/memory-file-system.ts'

const alice = { type: 'User', name: 'alice' }

/** `ALLOW READ TOPIC app* alice@host`: a `*` after a name is a prefix. */
function rule(text: string): AccessRule {
  const [permission = '', operation = '', resource = '', pattern = '', who = ''] = text.split(' ')
  const isPrefix = pattern.length > 1 && pattern.endsWith('*')
  const [name = '', host = '*'] = who.split('@')
  return {
    permission,
    operation,
    resource,
    host,
    name: isPrefix ? pattern.slice(0, -1) : pattern,
    pattern: isPrefix ? 'PREFIXED' : 'LITERAL',
    principal: `User:${name}`,
  }
}

function rules(
  texts: readonly string[],
  options: { superUsers?: string[]; isOpenWithoutRules?: boolean } = {},
): AccessRules {
  const fileSystem = new MemoryFileSystem()
  fileSystem.makeDirectory('/d')
  const { superUsers = [], isOpenWithoutRules = false } = options
  const made = new AccessRules({ fileSystem, directory: '/d', superUsers: new Set(superUsers), isOpenWithoutRules })
  made.change({ added: texts.map(rule), removed: [] })
  // What holds is what the file says.
  return new AccessRules({ fileSystem, directory: '/d', superUsers: new Set(superUsers), isOpenWithoutRules })
}

function ask(authorizer: AccessRules, question: string, host = '10.0.0.1'): boolean {
  const [operation, resource, name = ''] = question.split(' ')
  return authorizer.allows(alice, host, { operation: operation as Operation, resource: resource as Resource, name })
}

describe("Kafka's rules", () => {
  test.each([
    ['nothing', [], 'READ TOPIC t', false],
    ['a rule for it', ['ALLOW READ TOPIC t alice'], 'READ TOPIC t', true],
    ['a rule for another name', ['ALLOW READ TOPIC t2 alice'], 'READ TOPIC t', false],
    ['a rule for another kind', ['ALLOW READ GROUP t alice'], 'READ TOPIC t', false],
    ['a rule for somebody else', ['ALLOW READ TOPIC t bob'], 'READ TOPIC t', false],
    ['a rule for another operation', ['ALLOW WRITE TOPIC t alice'], 'READ TOPIC t', false],
    ['a rule for another host', ['ALLOW READ TOPIC t alice@10.0.0.2'], 'READ TOPIC t', false],
    ['a rule for this host', ['ALLOW READ TOPIC t alice@10.0.0.1'], 'READ TOPIC t', true],
    ['everybody', ['ALLOW READ TOPIC t *'], 'READ TOPIC t', true],
    ['every name', ['ALLOW READ TOPIC * alice'], 'READ TOPIC t', true],
    ['a prefix', ['ALLOW READ TOPIC app-* alice'], 'READ TOPIC app-1', true],
    ['a prefix that is longer', ['ALLOW READ TOPIC app-1* alice'], 'READ TOPIC app-', false],
    ['every operation', ['ALLOW ALL TOPIC t alice'], 'ALTER_CONFIGS TOPIC t', true],
    ['a prohibition beside leave', ['ALLOW ALL TOPIC t alice', 'DENY READ TOPIC t alice'], 'READ TOPIC t', false],
    ['a prohibition for everybody', ['ALLOW READ TOPIC t alice', 'DENY READ TOPIC * *'], 'READ TOPIC t', false],
    [
      'a prohibition by prefix',
      ['ALLOW READ TOPIC app-1 alice', 'DENY ALL TOPIC app* alice'],
      'READ TOPIC app-1',
      false,
    ],
    ['a prohibition elsewhere', ['ALLOW READ TOPIC t alice', 'DENY READ TOPIC t alice@10.9.9.9'], 'READ TOPIC t', true],
    ['READ, asked for DESCRIBE', ['ALLOW READ TOPIC t alice'], 'DESCRIBE TOPIC t', true],
    ['WRITE, asked for DESCRIBE', ['ALLOW WRITE TOPIC t alice'], 'DESCRIBE TOPIC t', true],
    ['DELETE, asked for DESCRIBE', ['ALLOW DELETE GROUP g alice'], 'DESCRIBE GROUP g', true],
    ['ALTER, asked for DESCRIBE', ['ALLOW ALTER TOPIC t alice'], 'DESCRIBE TOPIC t', true],
    ['CREATE, asked for DESCRIBE', ['ALLOW CREATE TOPIC t alice'], 'DESCRIBE TOPIC t', false],
    ['DESCRIBE, asked for READ', ['ALLOW DESCRIBE TOPIC t alice'], 'READ TOPIC t', false],
    [
      'ALTER_CONFIGS, asked for DESCRIBE_CONFIGS',
      ['ALLOW ALTER_CONFIGS TOPIC t alice'],
      'DESCRIBE_CONFIGS TOPIC t',
      true,
    ],
    [
      'no READ, asked for DESCRIBE',
      ['ALLOW DESCRIBE TOPIC t alice', 'DENY READ TOPIC t alice'],
      'DESCRIBE TOPIC t',
      true,
    ],
  ] as const)('given %s', (_, texts, question, expected) => {
    expect(ask(rules(texts), question)).toBe(expected)
  })

  test('super users and the owner of the directory may everything, whatever prohibits it', () => {
    const texts = ['DENY ALL TOPIC * *']
    expect(ask(rules(texts, { superUsers: ['User:alice'] }), 'READ TOPIC t')).toBe(true)
    const access = { operation: 'READ', resource: 'TOPIC', name: 't' } as const
    expect(rules(texts).allows(directoryOwner, '', access)).toBe(true)
    expect(rules(texts).allows({ ...directoryOwner }, '', access)).toBe(false)
  })

  test('allow.everyone.if.no.acl.found is for what no rule speaks of', () => {
    const open = rules(['ALLOW READ TOPIC t bob'], { isOpenWithoutRules: true })
    expect(ask(open, 'READ TOPIC other')).toBe(true)
    expect(ask(open, 'READ TOPIC t')).toBe(false)
  })

  test('what was decided is forgotten when a rule changes', () => {
    const changing = rules([])
    expect(ask(changing, 'READ TOPIC t')).toBe(false)
    changing.change({ added: [rule('ALLOW READ TOPIC t alice')], removed: [] })
    expect(ask(changing, 'READ TOPIC t')).toBe(true)
    changing.change({ added: [], removed: [rule('ALLOW READ TOPIC t alice')] })
    expect(ask(changing, 'READ TOPIC t')).toBe(false)
  })

  test.each([
    [['ALLOW WRITE TOPIC t alice'], true],
    [['ALLOW READ TOPIC t alice'], false],
    [['ALLOW WRITE TOPIC t alice', 'DENY WRITE TOPIC * alice'], false],
    [['ALLOW WRITE TOPIC app-1 alice', 'DENY WRITE TOPIC app* alice'], false],
    [['ALLOW WRITE TOPIC app* alice', 'DENY WRITE TOPIC app-1 alice'], true],
    [['ALLOW WRITE TOPIC t alice', 'DENY WRITE TOPIC t alice'], false],
  ] as const)('whether any topic may be written, given %j', (texts, expected) => {
    expect(rules(texts).allowsAny(alice, '', { operation: 'WRITE', resource: 'TOPIC' })).toBe(expected)
  })
})

describe('a filter', () => {
  const any: AccessRuleFilter = {
    resourceTypeFilter: 1,
    resourceNameFilter: null,
    patternTypeFilter: 1,
    principalFilter: null,
    hostFilter: null,
    operation: 1,
    permissionType: 1,
  }
  test.each([
    ['anything', {}, true],
    ['the type', { resourceTypeFilter: 2 }, true],
    ['another type', { resourceTypeFilter: 3 }, false],
    ['the name', { resourceNameFilter: 'app-' }, true],
    ['a name it matches, literally', { resourceNameFilter: 'app-1', patternTypeFilter: 3 }, false],
    ['a name it matches, by match', { resourceNameFilter: 'app-1', patternTypeFilter: 2 }, true],
    ['a name it does not match, by match', { resourceNameFilter: 'web', patternTypeFilter: 2 }, false],
    ['its pattern type', { patternTypeFilter: 4 }, true],
    ['the principal', { principalFilter: 'User:alice' }, true],
    ['another principal', { principalFilter: 'User:bob' }, false],
    ['another host', { hostFilter: '10.0.0.1' }, false],
    ['the operation', { operation: 3 }, true],
    ['another operation', { operation: 4 }, false],
    ['the other permission', { permissionType: 2 }, false],
  ])('for %s', (_, filter, expected) => {
    expect(isFound(rule('ALLOW READ TOPIC app-* alice'), { ...any, ...filter })).toBe(expected)
  })
})

test.each([
  '{',
  '[]',
  '{"version":2,"entries":[]}',
  '{"version":1,"entries":[{"resource":"TOPIC"}]}',
  '{"version":1,"entries":[null]}',
])('a file that says %s is damage, not leave', (text) => {
  const fileSystem = new MemoryFileSystem()
  fileSystem.makeDirectory('/d')
  const file = fileSystem.open('/d/tslog-acls.json', 'create')
  file.write(new TextEncoder().encode(text), 0)
  file.close()
  const open = (): AccessRules =>
    new AccessRules({ fileSystem, directory: '/d', superUsers: new Set(), isOpenWithoutRules: false })
  expect(open).toThrow(/tslog-acls\.json/)
})
