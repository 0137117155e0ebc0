import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Operation, Resource } from '../../src/broker/authorizer.ts'
import { type AccessRule, keyOfRule } from '../../src/broker/security/access-rule.ts'
import { AccessRules } from '../../src/broker/security/access-rules.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { type AccessToJudge, kafkaOracle } from '../support/kafka/oracle.ts'

const oracle = kafkaOracle()

const users = ['alice', 'bob', 'admin']
const hosts = ['10.0.0.1', '10.0.0.2']
/** Some begin with others. */
const names = ['a', 'app', 'app-1', 'app-10', 'b']
const resources = ['TOPIC', 'GROUP', 'TRANSACTIONAL_ID']
const asked = ['READ', 'WRITE', 'CREATE', 'DELETE', 'ALTER', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS']

const rule: fc.Arbitrary<AccessRule> = fc
  .record({
    resource: fc.constantFrom(...resources),
    name: fc.constantFrom(...names, '*'),
    isPrefix: fc.boolean(),
    principal: fc.constantFrom(...users.map((user) => `User:${user}`), 'User:*', 'Group:alice'),
    host: fc.constantFrom(...hosts, '*', '*'),
    operation: fc.constantFrom(...asked, 'ALL', 'ALL'),
    permission: fc.constantFrom('ALLOW', 'ALLOW', 'DENY'),
  })
  .map(({ isPrefix, ...one }) => ({ ...one, pattern: isPrefix ? 'PREFIXED' : 'LITERAL' }))

/** Every user at every host asks for everything. */
const questions: AccessToJudge['questions'] = users.flatMap((user) =>
  hosts.flatMap((host) =>
    resources.flatMap((resource) =>
      [...names, 'c'].flatMap((name) => asked.map((operation) => ({ user, host, resource, name, operation }))),
    ),
  ),
)

describe.skipIf(oracle === undefined)('access rules', () => {
  test('say what the StandardAuthorizer of Apache Kafka says, to everybody who asks for anything', async () => {
    const scenes = fc.sample(
      fc.tuple(fc.uniqueArray(rule, { maxLength: 12, size: 'max', selector: keyOfRule }), fc.boolean()),
      { numRuns: 300, seed: 42 },
    )
    for (const [rules, isOpenWithoutRules] of scenes) {
      const theirs = await oracle?.authorize({ rules, superUsers: 'User:admin', isOpenWithoutRules, questions })
      const ours = rulesOf(rules, isOpenWithoutRules)
      const differing = questions.filter(({ user, host, operation, resource, name }, at) => {
        const access = { operation: operation as Operation, resource: resource as Resource, name }
        return ours.allows({ type: 'User', name: user }, host, access) !== theirs?.[at]
      })
      expect([rules, differing]).toEqual([rules, []])
    }
    await oracle?.[Symbol.asyncDispose]()
  })
})

function rulesOf(added: readonly AccessRule[], isOpenWithoutRules: boolean): AccessRules {
  const fileSystem = new MemoryFileSystem()
  fileSystem.makeDirectory('/d')
  const superUsers = new Set(['User:admin'])
  const rules = new AccessRules({ fileSystem, directory: '/d', superUsers, isOpenWithoutRules })
  rules.change({ added, removed: [] })
  return rules
}
