import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type Admin,
  Kafka,
  logLevel,
  ResourcePatternTypes,
} from 'kafkajs'
import { spawnSync } from 'node:child_process'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { plainToken } from '../../src/network/sasl/plain.ts'
import { describeAclsApi } from '../../src/protocol/messages/describe-acls.ts'
import { describeClusterApi } from '../../src/protocol/messages/describe-cluster.ts'
import { describeGroupsApi } from '../../src/protocol/messages/describe-groups.ts'
import { saslAuthenticateApi } from '../../src/protocol/messages/sasl-authenticate.ts'
import { saslHandshakeApi } from '../../src/protocol/messages/sasl-handshake.ts'
import { metadataApi, metadataRequest } from '../../src/protocol/messages/metadata.ts'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { pemText, TestAuthority } from '../support/certificates.ts'
import { toolOrSkip } from '../support/require-tool.ts'
import { builtBinary } from '../support/built-binary.ts'
import { SecureScene } from './secure-scene.ts'

const openssl = toolOrSkip('openssl')
let scene: SecureScene

beforeAll(async () => {
  if (openssl === undefined) return
  scene = await SecureScene.start(['SASL_SSL://127.0.0.1:0'], {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:admin',
  })
  await scene.addUser('admin', 'admin-secret')
  await scene.addUser('alice', 'alice secret')
  await scene.addUser('alice', 'alice secret', 'SCRAM-SHA-512')
})
afterAll(() => scene?.remove())

function kafkaOf(username: string, password: string): Kafka {
  return new Kafka({
    brokers: [scene.serve.address],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    ssl: { ca: [pemText(scene.authority.certificate)] },
    sasl: { mechanism: 'scram-sha-256', username, password },
  })
}

/** A file of settings of a client, and the environment that names it. */
function clientConfig(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const path = join(scene.files, 'client.properties')
  const lines = { 'security.protocol': 'SASL_SSL', 'ssl.ca.location': scene.authority.certificate, ...settings }
  const text = Object.entries(lines).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(path, text.join(''), { mode: 0o600 })
  return { ...process.env, TSLOG_CLIENT_CONFIG: path }
}

function tslog(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input = '',
): { code: number | null; out: string; err: string } {
  const words = ['-b', scene.serve.address, ...args]
  const { status, stdout, stderr } = spawnSync(builtBinary(), words, { input, env })
  return { code: status, out: stdout.toString(), err: stderr.toString() }
}

describe.skipIf(openssl === undefined)('access rules', () => {
  const readRule = {
    resourceType: AclResourceTypes.TOPIC,
    resourceName: 'app-',
    resourcePatternType: ResourcePatternTypes.PREFIXED,
    principal: 'User:alice',
    host: '*',
    operation: AclOperationTypes.WRITE,
    permissionType: AclPermissionTypes.ALLOW,
  }
  let admin: Admin
  beforeAll(async () => {
    admin = kafkaOf('admin', 'admin-secret').admin()
    await admin.connect()
  })
  afterAll(() => admin.disconnect())

  test('give what they say once they are made, and nothing once they are gone', async () => {
    const produce = async (): Promise<string> => {
      const producer = kafkaOf('alice', 'alice secret').producer({ retry: { retries: 0 } })
      try {
        await producer.connect()
        await producer.send({ topic: 'app-1', messages: [{ value: 'x' }] })
        return 'written'
      } catch (error) {
        return String(error)
      } finally {
        await producer.disconnect()
      }
    }
    await admin.createTopics({ topics: [{ topic: 'app-1' }, { topic: 'secret' }] })
    expect(await produce()).toMatch(/authorized/i)
    await admin.createAcls({ acl: [readRule] })
    expect(await produce()).toBe('written')
    const found = await admin.describeAcls({
      resourceType: AclResourceTypes.TOPIC,
      resourceName: 'app-1',
      resourcePatternType: ResourcePatternTypes.MATCH,
      operation: AclOperationTypes.ANY,
      permissionType: AclPermissionTypes.ANY,
    })
    expect(found.resources).toMatchObject([{ resourceName: 'app-', acls: [{ principal: 'User:alice' }] }])
    const alice = kafkaOf('alice', 'alice secret').admin()
    await alice.connect()
    expect(await alice.listTopics()).toEqual(['app-1'])
    await expect(alice.createAcls({ acl: [readRule] })).rejects.toThrow(/authorized|authorization/i)
    await alice.disconnect()
    await admin.deleteAcls({ filters: [readRule] })
    expect(await produce()).toMatch(/authorized/i)
    expect(statSync(join(scene.serve.directory, 'tslog-acls.json')).mode & 0o777).toBe(0o600)
  })

  test('are told in Metadata to who asks, as bits', async () => {
    const owner = await scene.owner()
    const request = {
      ...metadataRequest.initial(),
      topics: null,
      includeTopicAuthorizedOperations: true,
      includeClusterAuthorizedOperations: true,
    }
    const { topics, clusterAuthorizedOperations } = await owner.send(metadataApi, 8, request)
    owner.close()
    expect(topics[0]?.topicAuthorizedOperations).toBe(0b1101_1111_1000)
    expect(clusterAuthorizedOperations).toBe(0b1_1111_1010_0000)
  })

  test('are told for groups and for the cluster, by what the client may do; of a cluster that it may not look at nothing', async () => {
    const owner = await scene.owner()
    const { groups } = await owner.send(describeGroupsApi, 5, { groups: ['g'], includeAuthorizedOperations: true })
    expect(groups[0]?.authorizedOperations).toBe(0b1101_0100_1000)
    const unasked = await owner.send(describeGroupsApi, 5, { groups: ['g'], includeAuthorizedOperations: false })
    expect(unasked.groups[0]?.authorizedOperations).toBe(-0x8000_0000)
    owner.close()
  })

  test('do not hold where no authorizer is configured, and say so', async () => {
    const open = await SecureScene.start(['127.0.0.1:0'])
    const client = await open.serve.connect()
    const any = { resourceTypeFilter: 1, resourceNameFilter: null, patternTypeFilter: 1 }
    const answer = await client.send(describeAclsApi, 3, {
      ...any,
      principalFilter: null,
      hostFilter: null,
      operation: 1,
      permissionType: 1,
    })
    expect(answer.errorCode).toBe(ErrorCode.SECURITY_DISABLED)
    await open.remove()
  })
})

describe.skipIf(openssl === undefined)('SIGHUP', () => {
  test('brings other super users, users, rules and quotas, each by itself, and names what needs a restart', async () => {
    const settings = {
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
      'sasl.plain.without.tls': 'true',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:admin',
    }
    const own = await SecureScene.start(['SASL_PLAINTEXT://127.0.0.1:0'], settings)
    try {
      await own.addUser('bob', 'bob-secret')
      const client = await own.serve.connect()
      await client.send(saslHandshakeApi, 1, { mechanism: 'PLAIN' })
      await client.send(saslAuthenticateApi, 2, { authBytes: plainToken('bob', 'bob-secret') })
      const operations = async (): Promise<number> => {
        const request = { includeClusterAuthorizedOperations: true, endpointType: 1, includeFencedBrokers: false }
        return (await client.send(describeClusterApi, 1, request)).clusterAuthorizedOperations
      }
      const rule = { resource: 'CLUSTER', name: 'kafka-cluster', pattern: 'LITERAL', principal: 'User:bob', host: '*' }
      const rules = (...names: string[]): void => {
        const entries = names.map((operation) => ({ ...rule, operation, permission: 'ALLOW' }))
        writeFileSync(join(own.serve.directory, 'tslog-acls.json'), JSON.stringify({ version: 1, entries }))
      }
      expect(await operations()).toBe(0)
      rules('ALTER_CONFIGS')
      await own.configure(settings)
      expect(await operations()).toBe(0)
      rules('ALTER_CONFIGS', 'DESCRIBE')
      writeFileSync(join(own.serve.directory, 'tslog-users.json'), 'not what was written')
      await own.configure({ ...settings, 'max.connections': '77', listeners: '127.0.0.1:1', 'num.partitions': '3' })
      expect(await operations()).toBe(0b1101_0000_0000)
      expect(own.serve.log).toMatch(/ERROR "?users left as they were/)
      expect(own.serve.log).toContain('WARN setting needs a restart setting=max.connections')
      expect(own.serve.log).not.toContain('setting=num.partitions')
      await own.configure({ ...settings, 'super.users': 'User:admin;User:bob' })
      expect(await operations()).toBe(0b1_1111_1010_0000)
      await own.configure(settings)
      expect(await operations()).toBe(0b1101_0000_0000)
    } finally {
      await own.remove()
    }
  })
})

describe.skipIf(openssl === undefined)('commands with -b', () => {
  test.each([
    { 'sasl.mechanism': 'PLAIN', 'sasl.username': 'admin', 'sasl.password': 'admin-secret' },
    { 'sasl.mechanisms': 'SCRAM-SHA-256', 'sasl.username': 'admin', 'sasl.password': 'admin-secret' },
    {
      'sasl.mechanism': 'SCRAM-SHA-256',
      'sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required username="admin" password="admin-secret";',
    },
  ])('log in with %o', (settings) => {
    const env = clientConfig(settings)
    expect(tslog(['produce', 'secret'], env, 'one\n')).toMatchObject({ code: 0 })
    expect(tslog(['consume', 'secret', '-c', '1'], env)).toMatchObject({ code: 0, out: 'one\n' })
  })

  test('copy to and from brokers by kafkas:// with the same login, and say that kafka:// is without it', () => {
    const login = { 'sasl.mechanism': 'SCRAM-SHA-256', 'sasl.username': 'admin', 'sasl.password': 'admin-secret' }
    const env = clientConfig(login)
    const copy = join(scene.files, 'copy')
    const local = (...args: string[]): { code: number | null; out: string; err: string } => {
      const { status, stdout, stderr } = spawnSync(builtBinary(), ['-d', copy, ...args], { env })
      return { code: status, out: stdout.toString(), err: stderr.toString() }
    }
    expect(tslog(['produce', 'far'], env, 'one\ntwo\n').code).toBe(0)
    expect(local('replicate', 'far', '--from', `kafkas://${scene.serve.address}`)).toMatchObject({ code: 0, err: '' })
    expect(local('consume', 'far').out).toBe('one\ntwo\n')
    expect(local('topics', 'create', 'near').code).toBe(0)
    spawnSync(builtBinary(), ['-d', copy, 'produce', 'near'], { env, input: 'three\n' })
    expect(local('replicate', 'near', `kafkas://${scene.serve.address}`)).toMatchObject({ code: 0, err: '' })
    expect(tslog(['consume', 'near'], env).out).toBe('three\n')
    // The certificate is all that is told of TLS: the scheme says the rest.
    const plain = clientConfig({ ...login, 'security.protocol': 'SASL_PLAINTEXT' })
    expect(plain).toEqual(env)
    expect(local('replicate', 'far', '--from', `kafkas://${scene.serve.address}`).code).toBe(0)
    clientConfig(login)
    const refused = local('replicate', 'far', '--from', `kafka://${scene.serve.address}`)
    expect([refused.code === 0, refused.err]).toEqual([
      false,
      expect.stringContaining(
        'kafka:// is without the TLS of your settings, and so without the login: kafkas:// is with it',
      ),
    ])
  })

  test('send no login to brokers that a file in the working directory names, and say so', () => {
    const env = clientConfig({ 'sasl.mechanism': 'PLAIN', 'sasl.username': 'admin', 'sasl.password': 'admin-secret' })
    const cwd = join(scene.files, 'somewhere')
    mkdirSync(cwd)
    writeFileSync(join(cwd, 'tslog.properties'), `bootstrap.servers=${scene.serve.address}\nsecurity.protocol=SSL\n`)
    const { status, stderr } = spawnSync(builtBinary(), ['topics', 'list'], { env, cwd })
    expect(status).not.toBe(0)
    expect(stderr.toString()).toContain("./tslog.properties: 'security.protocol' is ignored")
    expect(stderr.toString()).toMatch(
      /the brokers that \.\/tslog\.properties names? get no TLS and no login: .*client\.properties is for/,
    )
  })

  test('take a password from a file of its own', () => {
    const path = join(scene.files, 'password')
    writeFileSync(path, 'alice secret\n', { mode: 0o600 })
    const env = clientConfig({
      'sasl.mechanism': 'SCRAM-SHA-512',
      'sasl.username': 'alice',
      'sasl.password.file': path,
    })
    expect(tslog(['topics', 'list'], env).code).toBe(0)
    expect(tslog(['consume', 'secret'], env)).toMatchObject({ code: 77, out: '' })
  })

  test.each([
    ['a wrong password', { 'sasl.mechanism': 'SCRAM-SHA-256', 'sasl.password': 'wrong' }, 77, 'Authentication failed'],
    ['a mechanism that is none', { 'sasl.mechanism': 'GSSAPI' }, 2, 'sasl.mechanism cannot be'],
    ['no password', { 'sasl.mechanism': 'PLAIN', 'sasl.password': '' }, 2, 'needs a name and a password'],
    [
      'PLAIN in the clear',
      { 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'PLAIN' },
      2,
      'everybody on the way',
    ],
    ['a protocol that is none', { 'security.protocol': 'TLS' }, 2, 'SASL_SSL'],
    [
      'an authority that is not there',
      { 'ssl.ca.location': '/nowhere.pem', 'sasl.mechanism': 'PLAIN' },
      3,
      '/nowhere.pem',
    ],
  ] as const)('say what is wrong with %s', (_, settings, code, said) => {
    const env = clientConfig({ 'sasl.username': 'admin', 'sasl.password': 'admin-secret', ...settings })
    const { code: exit, err } = tslog(['topics', 'list'], env)
    expect([exit, err]).toEqual([code, expect.stringContaining(said)])
    expect(err).not.toContain('admin-secret')
  })

  test('do not send a password to who cannot show a certificate that is trusted', () => {
    const other = new TestAuthority(scene.files, 'other authority')
    const login = { 'sasl.mechanism': 'PLAIN', 'sasl.username': 'admin', 'sasl.password': 'admin-secret' }
    const env = clientConfig({ ...login, 'ssl.ca.location': other.certificate })
    const { code, err } = tslog(['topics', 'list'], env)
    expect([code, err]).toEqual([77, expect.stringContaining('not to be trusted')])
  })
})
