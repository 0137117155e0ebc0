import { Kafka, logLevel, type SASLOptions } from 'kafkajs'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BrokerConnection } from '../../src/client/broker-connection.ts'
import { logIn } from '../../src/client/sasl-login.ts'
import { plainToken } from '../../src/network/sasl/plain.ts'
import { ScramClient } from '../../src/network/sasl/scram-client.ts'
import { SocketStream } from '../../src/network/socket-stream.ts'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { apiVersionsApi } from '../../src/protocol/messages/api-versions.ts'
import { describeClusterApi } from '../../src/protocol/messages/describe-cluster.ts'
import { describeUserScramCredentialsApi } from '../../src/protocol/messages/describe-user-scram-credentials.ts'
import { metadataApi, metadataRequest } from '../../src/protocol/messages/metadata.ts'
import { saslAuthenticateApi } from '../../src/protocol/messages/sasl-authenticate.ts'
import { saslHandshakeApi } from '../../src/protocol/messages/sasl-handshake.ts'
import { pemText, TestAuthority } from '../support/certificates.ts'
import { toolOrSkip } from '../support/require-tool.ts'
import { runBinary } from '../support/run-binary.ts'
import { SecureScene } from './secure-scene.ts'
import { ServeScene } from './serve-scene.ts'
import { TestClient } from './test-client.ts'

const openssl = toolOrSkip('openssl')
const kcat = toolOrSkip('kcat')

let scene: SecureScene
const clients: TestClient[] = []
/** In the order of the listeners. */
const [ssl, saslSsl, saslPlaintext] = [0, 1, 2] as const

beforeAll(async () => {
  if (openssl === undefined) return
  scene = await SecureScene.start(['SSL://127.0.0.1:0', 'SASL_SSL://127.0.0.1:0', 'SASL_PLAINTEXT://127.0.0.1:0'], {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'connections.max.reauth.ms': '60000',
  })
  await scene.addUser('alice', 'alice-secret')
  await scene.addUser('alice', 'alice-secret', 'SCRAM-SHA-512')
  await scene.addUser('bob', 'bob-secret')
})
afterAll(async () => {
  for (const client of clients) client.close()
  await scene?.remove()
})

function portOf(listener: number): number {
  return Number(scene.serve.addresses[listener]?.split(':')[1])
}

async function tlsTo(listener: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const ca = pemText(scene.authority.certificate)
  const socket = connectTls({ host: '127.0.0.1', port: portOf(listener), ca, ...options })
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  return socket
}

async function clientOf(listener: number): Promise<TestClient> {
  const client = new TestClient(new SocketStream(await tlsTo(listener), 'server'))
  clients.push(client)
  return client
}

async function authenticate(client: TestClient, name: string, password: string): Promise<number> {
  await client.send(saslHandshakeApi, 1, { mechanism: 'PLAIN' })
  const answer = await client.send(saslAuthenticateApi, 2, { authBytes: plainToken(name, password) })
  return answer.errorCode
}

describe.skipIf(openssl === undefined)('a listener with TLS', () => {
  test('serves kcat and kafkajs, which check its certificate', async () => {
    const address = scene.serve.addresses[ssl] ?? ''
    const kafka = new Kafka({
      brokers: [address],
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
      ssl: { ca: [pemText(scene.authority.certificate)] },
    })
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic: 'tls', messages: [{ value: 'over TLS' }] })
    await producer.disconnect()
    if (kcat === undefined) return
    const flags = ['-X', 'security.protocol=ssl', '-X', `ssl.ca.location=${scene.authority.certificate}`]
    const { stdout } = spawnSync('kcat', ['-b', address, ...flags, '-C', '-t', 'tls', '-e', '-q'])
    expect(stdout.toString()).toBe('over TLS\n')
  })

  test('is not believed by who trusts another authority', async () => {
    const other = new TestAuthority(scene.files, 'other authority')
    await expect(tlsTo(ssl, { ca: pemText(other.certificate) })).rejects.toThrow(/certificate|signature/)
  })

  test('speaks nothing older than TLS 1.2', async () => {
    await expect(tlsTo(ssl, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })).rejects.toThrow()
    const socket = await tlsTo(ssl, { maxVersion: 'TLSv1.2' })
    expect(socket.getProtocol()).toBe('TLSv1.2')
    socket.destroy()
  })

  test('speaks the versions of ssl.enabled.protocols alone, also after SIGHUP', async () => {
    const own = await SecureScene.start(['SSL://127.0.0.1:0'], { 'ssl.enabled.protocols': 'TLSv1.3' })
    const spoken = (version: 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> => {
      const only = { minVersion: version, maxVersion: version }
      const socket = connectTls({ port: own.serve.port, ca: pemText(own.authority.certificate), ...only })
      return new Promise((resolve) => {
        socket.once('error', () => resolve(null))
        socket.once('secureConnect', () => resolve(socket.getProtocol()))
      }).finally(() => socket.destroy()) as Promise<string | null>
    }
    try {
      expect([await spoken('TLSv1.2'), await spoken('TLSv1.3')]).toEqual([null, 'TLSv1.3'])
      const { certificate, key } = own.authority.issue('next')
      const files = { 'ssl.certificate.file': certificate, 'ssl.key.file': key }
      await own.configure({ ...files, 'ssl.enabled.protocols': 'TLSv1.2' })
      expect([await spoken('TLSv1.2'), await spoken('TLSv1.3')]).toEqual(['TLSv1.2', null])
    } finally {
      await own.remove()
    }
  })

  test('has no SASL: a handshake is told so', async () => {
    const client = await clientOf(ssl)
    expect(await client.send(saslHandshakeApi, 1, { mechanism: 'PLAIN' })).toEqual({
      errorCode: ErrorCode.ILLEGAL_SASL_STATE,
      mechanisms: [],
    })
  })

  test('closes what is no TLS, and serves the others', async () => {
    const plain = await scene.serve.connectTo(ssl)
    plain.sendAlone(apiVersionsApi, 0, { clientSoftwareName: '', clientSoftwareVersion: '' })
    await plain.closed
    const client = await clientOf(ssl)
    expect(
      (await client.send(apiVersionsApi, 0, { clientSoftwareName: '', clientSoftwareVersion: '' })).errorCode,
    ).toBe(0)
  })
})

describe.skipIf(openssl === undefined)('clients with certificates', () => {
  test('are who these name; without one, with one of another authority or one that has expired there is no connection', async () => {
    const strict = await SecureScene.start(['SSL://127.0.0.1:0'], { 'ssl.client.auth': 'required' })
    try {
      const other = new TestAuthority(strict.files, 'other authority')
      const attempt = async (files?: { certificate: string; key: string }): Promise<string> => {
        const own = files && { cert: pemText(files.certificate), key: pemText(files.key) }
        const ca = pemText(strict.authority.certificate)
        const socket = connectTls({ host: '127.0.0.1', port: strict.serve.port, ca, ...own })
        const client = new TestClient(new SocketStream(socket, 'server'))
        const request = { includeClusterAuthorizedOperations: false, endpointType: 1, includeFencedBrokers: false }
        return client.send(describeClusterApi, 1, request).then(
          ({ errorCode }) => {
            client.close()
            return `answered ${errorCode}`
          },
          () => 'closed',
        )
      }
      const alice = strict.authority.issue('alice', { subject: '/O=Acme, Inc/CN=alice' })
      expect(await attempt(alice)).toBe('answered 0')
      expect(await attempt()).toBe('closed')
      expect(await attempt(other.issue('mallory', { subject: '/O=Acme, Inc/CN=alice' }))).toBe('closed')
      expect(await attempt(strict.authority.issue('old', { expired: true }))).toBe('closed')
      expect(await attempt(alice)).toBe('answered 0')
      expect(strict.serve.log).toMatch(/WARN TLS failed peer=127\.0\.0\.1:\d+ reason=/)
    } finally {
      await strict.remove()
    }
  })
})

describe.skipIf(openssl === undefined)('SASL', () => {
  test.each([
    { mechanism: 'plain', username: 'alice', password: 'alice-secret' },
    { mechanism: 'scram-sha-256', username: 'alice', password: 'alice-secret' },
    { mechanism: 'scram-sha-512', username: 'alice', password: 'alice-secret' },
  ] as SASLOptions[])('lets kafkajs in over TLS with %o, and nobody with a wrong password', async (sasl) => {
    const settings = {
      brokers: [scene.serve.addresses[saslSsl] ?? ''],
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
      ssl: { ca: [pemText(scene.authority.certificate)] },
    }
    // kafkajs keeps the password in the object that it is given.
    const admin = new Kafka({ ...settings, sasl: { ...sasl } }).admin()
    await admin.connect()
    expect((await admin.describeCluster()).brokers).toHaveLength(1)
    await admin.disconnect()
    const wrong = new Kafka({ ...settings, sasl: { ...sasl, password: 'bob-secret' } as SASLOptions }).admin()
    const outcome = wrong.connect().then(
      () => 'let in',
      (error: unknown) => String(error),
    )
    expect(await outcome).toContain('Authentication failed')
    await wrong.disconnect()
  })

  test.skipIf(kcat === undefined).each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])(
    'lets kcat in with %s',
    (mechanism) => {
      const flags = [
        `security.protocol=sasl_ssl`,
        `ssl.ca.location=${scene.authority.certificate}`,
        `sasl.mechanisms=${mechanism}`,
        'sasl.username=alice',
        'sasl.password=alice-secret',
      ].flatMap((one) => ['-X', one])
      const address = scene.serve.addresses[saslSsl] ?? ''
      const { stdout, stderr } = spawnSync('kcat', ['-b', address, ...flags, '-L'])
      expect(`${stdout.toString()}${stderr.toString()}`).toContain('1 brokers')
    },
  )

  test('has no PLAIN where everybody on the way could read the password', async () => {
    const socket = await scene.serve.connectTo(saslPlaintext)
    const answer = await socket.send(saslHandshakeApi, 1, { mechanism: 'PLAIN' })
    expect(answer).toEqual({
      errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM,
      mechanisms: ['SCRAM-SHA-256', 'SCRAM-SHA-512'],
    })
    expect((await socket.send(saslHandshakeApi, 1, { mechanism: 'SCRAM-SHA-256' })).errorCode).toBe(0)
  })

  test('answers nothing but ApiVersions and SaslHandshake before', async () => {
    const client = await clientOf(saslSsl)
    expect(
      (await client.send(apiVersionsApi, 0, { clientSoftwareName: '', clientSoftwareVersion: '' })).errorCode,
    ).toBe(0)
    await expect(client.send(metadataApi, 1, metadataRequest.initial())).rejects.toThrow(/closed/)
    const other = await clientOf(saslSsl)
    await expect(
      other.send(saslAuthenticateApi, 2, { authBytes: plainToken('alice', 'alice-secret') }),
    ).rejects.toThrow(/closed/)
  })

  test('takes little from strangers, whatever length they claim', async () => {
    const socket = await tlsTo(saslSsl)
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => undefined)
    socket.write(Buffer.from([0x00, 0x08, 0x00, 0x01]))
    await closed
  })

  test.each([
    ['a wrong password', 'alice', 'bob-secret'],
    ['a user that is not there', 'nobody', 'alice-secret'],
    ['the name of an object', '__proto__', 'x'],
  ])('says no more than that it failed to %s, later, and closes', async (_, name, password) => {
    const client = await clientOf(saslSsl)
    await client.send(saslHandshakeApi, 1, { mechanism: 'PLAIN' })
    const answer = await client.send(saslAuthenticateApi, 2, { authBytes: plainToken(name, password) })
    expect(answer).toMatchObject({
      errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED,
      errorMessage: 'Authentication failed',
    })
    await client.closed
  })

  test('takes bare tokens after SaslHandshake 0, and closes when they are wrong', async () => {
    for (const password of ['alice-secret', 'wrong']) {
      const socket = await tlsTo(saslSsl)
      const frames = framesOf(socket)
      socket.write(framed(handshake0('SCRAM-SHA-256')))
      expect(Buffer.from(await frames.next()).readInt16BE(4)).toBe(0)
      const scram = new ScramClient({ mechanism: 'SCRAM-SHA-256', name: 'alice', password, nonce: 'abcdef' })
      socket.write(framed(scram.first()))
      socket.write(framed(await scram.final(await frames.next())))
      if (password === 'wrong') await expect(frames.next()).rejects.toThrow(/closed/)
      else scram.verify(await frames.next())
      socket.destroy()
    }
  })

  test('lets a client prove itself again on a live connection, as the same user and by the same means', async () => {
    const client = await clientOf(saslSsl)
    expect(await authenticate(client, 'alice', 'alice-secret')).toBe(0)
    expect((await client.send(saslHandshakeApi, 1, { mechanism: 'SCRAM-SHA-256' })).errorCode).toBe(
      ErrorCode.ILLEGAL_SASL_STATE,
    )
    await client.send(saslHandshakeApi, 1, { mechanism: 'PLAIN' })
    const again = await client.send(saslAuthenticateApi, 2, { authBytes: plainToken('alice', 'alice-secret') })
    expect([again.errorCode, again.sessionLifetimeMs]).toEqual([0, 60_000])
    expect((await client.send(metadataApi, 1, metadataRequest.initial())).brokers).toHaveLength(1)
    expect(await authenticate(client, 'bob', 'bob-secret')).toBe(ErrorCode.SASL_AUTHENTICATION_FAILED)
    await client.closed
  })
})

describe('a proof that is good for a while', () => {
  test('is renewed by our client before it is over, while others of its requests wait; who does not is cut off', async () => {
    const flags = ['--listen', 'SASL_PLAINTEXT://127.0.0.1:0', '--override', 'connections.max.reauth.ms=1500']
    const serve = await ServeScene.start(flags)
    try {
      expect(runBinary(['-d', serve.directory, 'users', 'set', 'alice'], 'alice-secret').code).toBe(0)
      const open = async (): Promise<BrokerConnection> => {
        const socket = connect({ host: '127.0.0.1', port: serve.port })
        await new Promise((resolve) => socket.once('connect', resolve))
        const options = { requestTimeoutMs: 5000, softwareVersion: '1' }
        const connection = await BrokerConnection.open(new SocketStream(socket, 'server'), options)
        await logIn(connection, { mechanism: 'SCRAM-SHA-256', username: 'alice', password: 'alice-secret' })
        return connection
      }
      const [connection, forgetful] = await Promise.all([open(), open()])
      forgetful.renewWithin(60_000, () => Promise.resolve())
      const ask = async (): Promise<number> =>
        (await connection.request(metadataApi, metadataRequest.initial())).brokers.length
      for (const startMs = performance.now(); performance.now() - startMs < 2000;) {
        expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1])
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      // Nothing was asked while it ran out.
      await new Promise((resolve) => setTimeout(resolve, 1800))
      expect(await Promise.all([ask(), ask()])).toEqual([1, 1])
      connection.close()
      await expect(forgetful.request(metadataApi, metadataRequest.initial())).rejects.toThrow(/closed/)
      await expect.poll(() => serve.log).toContain('before the client has said who it is')
    } finally {
      await serve.remove()
    }
  })
})

describe.skipIf(openssl === undefined)('users', () => {
  test('are kept salted, in a file for the owner alone, and told without their keys', async () => {
    const path = join(scene.serve.directory, 'tslog-users.json')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readFileSync(path, 'utf8')).not.toContain('alice-secret')
    const owner = await scene.owner()
    const { results } = await owner.send(describeUserScramCredentialsApi, 0, { users: null })
    expect(results).toMatchObject([
      {
        user: 'alice',
        credentialInfos: [
          { mechanism: 1, iterations: 4096 },
          { mechanism: 2, iterations: 4096 },
        ],
      },
      { user: 'bob', credentialInfos: [{ mechanism: 1, iterations: 4096 }] },
    ])
    const asked = await owner.send(describeUserScramCredentialsApi, 0, { users: [{ name: 'nobody' }] })
    expect(asked.results[0]?.errorCode).toBe(ErrorCode.RESOURCE_NOT_FOUND)
    owner.close()
  })
})

describe('tslog users', () => {
  const run = (directory: string, args: readonly string[], input = ''): [number, string, string] => {
    const { code, stdout, stderr } = runBinary(['-d', directory, 'users', ...args], input)
    return [code, stdout.toString(), stderr]
  }

  test('makes and forgets users at rest, and beside a server, which knows them at once', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tslog-users-'))
    expect(run(directory, ['set', 'carol'], 'at rest\n')[0]).toBe(0)
    expect(readFileSync(join(directory, 'tslog-users.json'), 'utf8')).not.toContain('at rest')
    const flags = ['--listen', 'SASL_PLAINTEXT://127.0.0.1:0', '--override', 'sasl.plain.without.tls=true']
    const serve = await ServeScene.start(
      [...flags, '--override', 'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256'],
      directory,
    )
    try {
      expect(run(directory, ['set', 'dave'], 'beside a server')[0]).toBe(0)
      expect(run(directory, ['list'])).toEqual([0, 'carol\ndave\n', ''])
      for (const [name, password] of [
        ['carol', 'at rest'],
        ['dave', 'beside a server'],
      ] as const) {
        expect(await authenticate(await serve.connect(), name, password)).toBe(0)
      }
      expect(run(directory, ['delete', 'carol', 'nobody', '--yes'])[0]).toBe(3)
      expect(run(directory, ['delete', 'carol', '--yes'])[0]).toBe(0)
      expect(run(directory, ['list'])[1]).toBe('dave\n')
      expect(await authenticate(await serve.connect(), 'carol', 'at rest')).toBe(ErrorCode.SASL_AUTHENTICATION_FAILED)
    } finally {
      await serve.remove()
    }
  })

  test('does not take a password that is empty', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tslog-users-'))
    expect(run(directory, ['set', 'carol'], '\n')).toEqual([2, '', expect.stringContaining('the password is empty')])
    rmSync(directory, { recursive: true })
  })
})

describe.skipIf(openssl === undefined)('SIGHUP', () => {
  test('shows another certificate to who comes then; one that cannot be used, and who is there, change nothing', async () => {
    const own = await SecureScene.start(['SSL://127.0.0.1:0'])
    const connected = async (): Promise<TLSSocket> => {
      const socket = connectTls({ host: '127.0.0.1', port: own.serve.port, ca: pemText(own.authority.certificate) })
      await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
      return socket
    }
    const shown = async (): Promise<string | undefined> => {
      const socket = await connected()
      const name = socket.getPeerX509Certificate()?.subject
      socket.destroy()
      return name
    }
    const there = await connected()
    const answers = framesOf(there)
    const isAnswered = async (): Promise<boolean> => {
      there.write(framed(Buffer.from([0, 18, 0, 0, 0, 0, 0, 1, 0, 1, 0x74])))
      return (await answers.next()).length > 100
    }
    try {
      expect(await isAnswered()).toBe(true)
      expect(await shown()).toBe('CN=server')
      const next = own.authority.issue('next')
      await own.configure({ 'ssl.certificate.file': next.certificate, 'ssl.key.file': next.key })
      expect(await shown()).toBe('CN=next')
      const other = own.authority.issue('third')
      await own.configure({ 'ssl.certificate.file': next.certificate, 'ssl.key.file': other.key })
      expect(own.serve.log).toContain('settings left as they were')
      expect(await shown()).toBe('CN=next')
      expect(await isAnswered()).toBe(true)
    } finally {
      there.destroy()
      await own.remove()
    }
  })
})

function handshake0(mechanism: string): Uint8Array {
  const name = Buffer.from(mechanism)
  const head = Buffer.from([0, 17, 0, 0, 0, 0, 0, 1, 0, 1, 0x74, 0, name.length])
  return Buffer.concat([head, name])
}

function framed(bytes: Uint8Array): Uint8Array {
  const size = Buffer.alloc(4)
  size.writeInt32BE(bytes.length)
  return Buffer.concat([size, bytes])
}

/** The frames that come, one after the other. */
function framesOf(socket: TLSSocket): { next(): Promise<Uint8Array> } {
  let held: Buffer = Buffer.alloc(0)
  let wake = (): void => undefined
  let isClosed = false
  socket.on('error', () => undefined)
  socket.on('data', (bytes: Buffer) => {
    held = Buffer.concat([held, bytes])
    wake()
  })
  socket.on('close', () => {
    isClosed = true
    wake()
  })
  return {
    next: async () => {
      for (;;) {
        if (held.length >= 4 && held.length >= 4 + held.readInt32BE(0)) {
          const end = 4 + held.readInt32BE(0)
          const frame = held.subarray(4, end)
          held = held.subarray(end)
          return frame
        }
        if (isClosed) throw new Error('closed')
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}
