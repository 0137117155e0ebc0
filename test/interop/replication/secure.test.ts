import { Kafka, logLevel, AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SecureScene } from '../../broker/secure-scene.ts'
import { lines, ReplicaScene } from '../../replication/replica-scene.ts'
import { BinaryRunner } from '../../support/binary-runner.ts'
import { builtBinary } from '../../support/built-binary.ts'
import { pemText } from '../../support/certificates.ts'
import { toolOrSkip } from '../../support/require-tool.ts'

interface Outcome {
  readonly code: number | null
  readonly err: string
}

describe.skipIf(toolOrSkip('openssl') === undefined)(
  'a copy to and from a serve with TLS, users and access rules',
  () => {
    let secure: SecureScene
    beforeAll(async () => {
      secure = await SecureScene.start(['SASL_SSL://127.0.0.1:0', 'SASL_PLAINTEXT://127.0.0.1:0'], {
        'sasl.enabled.mechanisms': 'SCRAM-SHA-256',
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:admin',
      })
      await secure.addUser('admin', 'admin-secret')
      await secure.addUser('copier', 'copier-secret')
    })
    afterAll(() => secure?.remove())

    function replicate(side: BinaryRunner, login: Readonly<Record<string, string>>, ...words: string[]): Outcome {
      const path = join(secure.files, 'client.properties')
      const settings = {
        'security.protocol': 'SASL_SSL',
        'ssl.ca.location': secure.authority.certificate,
        'sasl.mechanism': 'SCRAM-SHA-256',
        ...login,
      }
      writeFileSync(
        path,
        Object.entries(settings)
          .map(([key, value]) => `${key}=${value}\n`)
          .join(''),
        { mode: 0o600 },
      )
      const env = { ...process.env, TSLOG_CLIENT_CONFIG: path }
      const { status, stderr } = spawnSync(builtBinary(), ['-d', side.directory, 'replicate', 'app', ...words], { env })
      return { code: status, err: stderr.toString() }
    }

    const as = (name: string, password = `${name}-secret`): Record<string, string> => ({
      'sasl.username': name,
      'sasl.password': password,
    })

    test('needs a login, and CLUSTER_ACTION, in either direction', async () => {
      const scene = new ReplicaScene()
      const served = new BinaryRunner(secure.serve.directory)
      scene.source.produce('app', lines(5000), '--config', 'segment.bytes=20000')
      const peer = `tcps://${secure.serve.addresses[0]}`
      const plain = `tcp://${secure.serve.addresses[1]}`
      expect(replicate(scene.source, as('copier', 'wrong'), peer)).toMatchObject({ code: 77 })
      for (const flags of [[], ['--from']]) {
        const { code, err } = replicate(scene.source, as('copier'), ...flags, peer)
        expect([code, err]).toEqual([77, expect.stringContaining('User:copier may not replicate')])
        expect(err).toContain('CLUSTER_ACTION')
      }
      // A login that is for TLS is not shown without it.
      const shown = replicate(scene.source, as('admin'), plain)
      expect([shown.code, shown.err]).toEqual([77, expect.stringContaining('has to log in')])
      expect(served.run(['topics', 'list']).stdout.toString()).toBe('')
      await allowCopier()
      expect(replicate(scene.source, as('copier'), peer)).toEqual({ code: 0, err: '' })
      expect(scene.filesOf(served, 'app-0')).toEqual(scene.filesOf(scene.source, 'app-0'))
      expect(replicate(scene.copy, as('copier'), '--from', peer)).toEqual({ code: 0, err: '' })
      expect(scene.filesOf(scene.copy, 'app-0')).toEqual(scene.filesOf(scene.source, 'app-0'))
      const inTheClear = { ...as('copier'), 'security.protocol': 'SASL_PLAINTEXT' }
      expect(replicate(scene.source, inTheClear, plain)).toEqual({ code: 0, err: '' })
    })

    /** By the tools of Kafka, as a super user. */
    async function allowCopier(): Promise<void> {
      const admin = new Kafka({
        brokers: [secure.serve.address],
        logLevel: logLevel.NOTHING,
        ssl: { ca: [pemText(secure.authority.certificate)] },
        sasl: { mechanism: 'scram-sha-256', username: 'admin', password: 'admin-secret' },
      }).admin()
      await admin.connect()
      await admin.createAcls({
        acl: [
          {
            resourceType: AclResourceTypes.CLUSTER,
            resourceName: 'kafka-cluster',
            resourcePatternType: ResourcePatternTypes.LITERAL,
            principal: 'User:copier',
            host: '*',
            operation: AclOperationTypes.CLUSTER_ACTION,
            permissionType: AclPermissionTypes.ALLOW,
          },
        ],
      })
      await admin.disconnect()
    }
  },
)
