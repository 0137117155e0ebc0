import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BrokerConnection } from '../../src/client/broker-connection.ts'
import { logIn } from '../../src/client/sasl-login.ts'
import { dial, type DialOptions } from '../../src/network/dial.ts'
import { saltedPassword } from '../../src/network/sasl/scram-keys.ts'
import { alterUserScramCredentialsApi } from '../../src/protocol/messages/alter-user-scram-credentials.ts'
import { SecureScene } from '../broker/secure-scene.ts'
import { outcome } from '../support/binary-runner.ts'
import { builtBinary } from '../support/built-binary.ts'
import { pemText, TestAuthority } from '../support/certificates.ts'
import type { BinaryRun } from '../support/run-binary.ts'
import { freePorts, startKafka } from '../support/kafka/broker.ts'

/** A broker that lets in who it knows: by a password on one address, by a certificate on the other. `admin` and `CN=ops` may do everything. */
export interface SecuredBroker {
  readonly name: 'kafka' | 'tslog'
  /** SASL_SSL, with PLAIN and both kinds of SCRAM. */
  readonly sasl: string
  /** SSL, with certificates of clients. */
  readonly ssl: string
  readonly authority: TestAuthority
  /** Where files of settings may be put. */
  readonly files: string
  stop(): Promise<void>
}

const passwords: Readonly<Record<string, string>> = { admin: 'admin-secret', alice: 'alice-secret' }
const mechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
const authorizer = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
}

/** `tslog serve` of the built binary. */
export async function securedServe(): Promise<SecuredBroker> {
  const settings = {
    ...authorizer,
    'super.users': 'User:admin;User:CN=ops',
    'ssl.client.auth': 'required',
    'num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
  }
  const scene = await SecureScene.start(['SASL_SSL://127.0.0.1:0', 'SSL://127.0.0.1:0'], settings)
  for (const [name, password] of Object.entries(passwords)) {
    for (const mechanism of mechanisms) await scene.addUser(name, password, mechanism)
  }
  const [sasl = '', ssl = ''] = scene.serve.addresses
  return { name: 'tslog', sasl, ssl, authority: scene.authority, files: scene.files, stop: () => scene.remove() }
}

/** Apache Kafka. A proof by SCRAM-SHA-256 is good for two seconds there: it takes none within a second of the last. */
export async function securedKafka(): Promise<SecuredBroker> {
  const files = mkdtempSync(join(tmpdir(), 'tslog-secured-kafka-'))
  const authority = new TestAuthority(files)
  const [sasl, ssl] = (await freePorts()).map((port) => `127.0.0.1:${port}`) as [string, string]
  const plain = Object.entries(passwords).map(([name, password]) => `user_${name}="${password}"`)
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  const broker = await startKafka({
    listeners: `SASL_SSL://${sasl},SSL://${ssl}`,
    properties: {
      ...authorizer,
      'inter.broker.listener.name': 'SSL',
      'super.users': 'User:admin;User:CN=ops;User:CN=server;User:ANONYMOUS',
      'listener.name.ssl.ssl.client.auth': 'required',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': keystore(authority, 'server'),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': authority.certificate,
      'listener.name.sasl_ssl.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${plain.join(' ')};`,
      'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': scram,
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': scram,
      'listener.name.sasl_ssl.scram-sha-256.connections.max.reauth.ms': '2000',
      'num.partitions': '4',
    },
  })
  const stop = async (): Promise<void> => {
    await broker.stop('SIGKILL')
    rmSync(files, { recursive: true, force: true })
  }
  await addUsers(ssl, authority)
  return { name: 'kafka', sasl, ssl, authority, files, stop }
}

/** As whom its certificate names. */
async function addUsers(ssl: string, authority: TestAuthority): Promise<void> {
  const { certificate, key } = authority.issue('ops')
  const tls = { ca: pemText(authority.certificate), cert: pemText(certificate), key: pemText(key) }
  const connection = await connectionTo(ssl, tls)
  for (const [at, mechanism] of mechanisms.entries()) {
    const upsertions = Object.entries(passwords).map(async ([name, password]) => {
      const terms = { salt: randomBytes(16), iterations: 4096 }
      return { name, mechanism: at + 1, ...terms, saltedPassword: await saltedPassword(mechanism, password, terms) }
    })
    // Apache Kafka takes one mechanism of a user in a request.
    const request = { deletions: [], upsertions: await Promise.all(upsertions) }
    const { results } = await connection.request(alterUserScramCredentialsApi, request)
    if (results.some(({ errorCode }) => errorCode !== 0)) throw new Error(JSON.stringify(results))
  }
  connection.close()
}

/** A connection of our client to `address`, not logged in. */
async function connectionTo(address: string, tls: DialTls): Promise<BrokerConnection> {
  const [host = '', port = ''] = address.split(':')
  const stream = await dial({ kind: 'tcp', host, port: Number(port) }, { timeoutMs: 5000, tls })
  return BrokerConnection.open(stream, { requestTimeoutMs: 10_000, softwareVersion: '1' })
}

type DialTls = NonNullable<DialOptions['tls']>

/** A file of PEM with the key and the certificate of `name`, as Java takes it. */
function keystore(authority: TestAuthority, name: string): string {
  const { certificate, key } = authority.issue(name)
  const path = `${certificate}.both`
  writeFileSync(path, `${readFileSync(key, 'utf8')}${readFileSync(certificate, 'utf8')}`)
  return path
}

type LoginMechanism = 'PLAIN' | (typeof mechanisms)[number]

type Secured = Pick<SecuredBroker, 'authority' | 'files'>

/** Settings of a Java client, and of ours, in a file: who logs in with a password. */
export function saslFile({ authority, files }: Secured, name: string, mechanism: LoginMechanism): string {
  const module = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule'
  const login = `username="${name}" password="${passwords[name]}"`
  return settingsFile(join(files, `${name}-${mechanism}.properties`), {
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': mechanism,
    'sasl.jaas.config': `org.apache.kafka.common.security.${module} required ${login};`,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': authority.certificate,
  })
}

/** The same with a certificate. */
export function sslFile({ authority, files }: SecuredBroker, name: string): string {
  return settingsFile(join(files, `${name}-ssl.properties`), {
    'security.protocol': 'SSL',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keystore(authority, name),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': authority.certificate,
  })
}

function settingsFile(path: string, settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(path, lines.join(''), { mode: 0o600 })
  return path
}

/** The settings of librdkafka for `admin`. With SCRAM Apache Kafka lets in none before librdkafka 2.6.1, which says its half of the nonce twice. */
export function rdkafkaSettings({ authority }: SecuredBroker): Readonly<Record<string, string>> {
  return {
    'security.protocol': 'sasl_ssl',
    'ssl.ca.location': authority.certificate,
    'sasl.mechanisms': 'PLAIN',
    'sasl.username': 'admin',
    'sasl.password': passwords['admin'] ?? '',
  }
}

/** And of kafka-python. */
export function pythonSettings({ authority }: SecuredBroker): Readonly<Record<string, string>> {
  return {
    security_protocol: 'SASL_SSL',
    ssl_cafile: authority.certificate,
    sasl_mechanism: 'SCRAM-SHA-512',
    sasl_plain_username: 'admin',
    sasl_plain_password: passwords['admin'] ?? '',
  }
}

/** A connection of our client, logged in. */
export async function connected(
  broker: SecuredBroker,
  username: string,
  mechanism: LoginMechanism,
): Promise<BrokerConnection> {
  const connection = await connectionTo(broker.sasl, { ca: pemText(broker.authority.certificate) })
  await logIn(connection, { mechanism, username, password: passwords[username] ?? '' })
  return connection
}

/** Our own command with a file of settings. Apache Kafka is beside this process, which must go on reading what it says. */
export function command(settings: string, words: readonly string[], input = ''): Promise<BinaryRun> {
  const child = spawn(builtBinary(), words, { env: { ...process.env, TSLOG_CLIENT_CONFIG: settings } })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return outcome(child)
}

/** The same, which must end well; what it prints. */
export async function printed(settings: string, words: readonly string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await command(settings, words, input)
  if (code !== 0) throw new Error(`${words.join(' ')}: ${code}: ${stderr}`)
  return stdout.toString()
}
