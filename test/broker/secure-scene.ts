import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { saltedPassword, type ScramMechanism, scramMechanisms } from '../../src/network/sasl/scram-keys.ts'
import { SocketStream } from '../../src/network/socket-stream.ts'
import { alterUserScramCredentialsApi } from '../../src/protocol/messages/alter-user-scram-credentials.ts'
import { TestAuthority } from '../support/certificates.ts'
import { ServeScene } from './serve-scene.ts'
import { TestClient } from './test-client.ts'

/** A server with a certificate, its settings in a file, and users. */
export class SecureScene {
  readonly authority: TestAuthority
  readonly serve: ServeScene
  /** Where certificates and settings are. */
  readonly files: string
  readonly #settings: string

  private constructor(files: string, { authority, serve }: { authority: TestAuthority; serve: ServeScene }) {
    this.files = files
    this.authority = authority
    this.serve = serve
    this.#settings = join(files, 'server.properties')
  }

  /** `listeners` as `--listen` takes them; `settings` beside those of the certificate. */
  static async start(
    listeners: readonly string[],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<SecureScene> {
    const files = mkdtempSync(join(tmpdir(), 'tslog-secure-'))
    const authority = new TestAuthority(files)
    const { certificate, key } = authority.issue('server')
    const lines = {
      'ssl.certificate.file': certificate,
      'ssl.key.file': key,
      'ssl.ca.file': authority.certificate,
      ...settings,
    }
    const path = join(files, 'server.properties')
    writeFileSync(path, textOf(lines))
    const listens = listeners.flatMap((one) => ['--listen', one])
    return new SecureScene(files, { authority, serve: await ServeScene.start([...listens, '--config-file', path]) })
  }

  /** Other settings, in force once it has read them again. */
  async configure(settings: Readonly<Record<string, string>>): Promise<void> {
    writeFileSync(this.#settings, textOf(settings))
    const before = this.serve.log.length
    this.serve.reload()
    while (!/settings (read again|left)/.test(this.serve.log.slice(before))) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  /** A connection over the socket in the directory, which may do everything. */
  async owner(): Promise<TestClient> {
    const socket = connect({ path: join(this.serve.directory, 'tslog.sock') })
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new TestClient(new SocketStream(socket, 'owner'))
  }

  /** Makes a user, or gives it another password. */
  async addUser(name: string, password: string, mechanism: ScramMechanism = 'SCRAM-SHA-256'): Promise<void> {
    const client = await this.owner()
    const terms = { salt: randomBytes(16), iterations: 4096 }
    const salted = await saltedPassword(mechanism, password, terms)
    const upsertion = { name, mechanism: scramMechanisms.indexOf(mechanism) + 1, ...terms, saltedPassword: salted }
    const { results } = await client.send(alterUserScramCredentialsApi, 0, { deletions: [], upsertions: [upsertion] })
    client.close()
    if (results[0]?.errorCode !== 0) throw new Error(JSON.stringify(results))
  }

  async remove(): Promise<void> {
    await this.serve.remove()
    rmSync(this.files, { recursive: true, force: true })
  }
}

function textOf(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`)
    .join('')
}
