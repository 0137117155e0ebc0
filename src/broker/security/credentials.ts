import type { FileSystem } from '../../disk/file-system.ts'
import {
  isSameSecret,
  isScramMechanism,
  saltedPassword,
  type ScramCredential,
  scramCredential,
  scramIterations,
  type ScramMechanism,
  scramMechanisms,
} from '../../network/sasl/scram-keys.ts'
import { fromBase64, toBase64 } from '../../network/sasl/scram-message.ts'
import { CREDENTIALS_FILE } from '../../storage/file-names.ts'
import { type Fields, type PrivateDocument, privateDocument } from './private-document.ts'

/** What one user proves a password with. */
export interface UserCredential extends ScramCredential {
  readonly user: string
  readonly mechanism: ScramMechanism
}

/** As it stands in the file; bytes are base64. */
interface StoredCredential {
  readonly user: string
  readonly mechanism: ScramMechanism
  readonly iterations: number
  readonly salt: string
  readonly storedKey: string
  readonly serverKey: string
}

/** Users and what is kept of their passwords, in `tslog-users.json`: salted keys, never a password. */
export class Credentials {
  readonly #document: PrivateDocument<StoredCredential>
  #byKey = new Map<string, UserCredential>()

  /** Throws `CorruptSegmentError` when the file is not what was written. */
  constructor(fileSystem: FileSystem, directory: string) {
    this.#document = privateDocument(fileSystem, `${directory}/${CREDENTIALS_FILE}`, readCredential)
    this.reload()
  }

  /** Takes over what the file says now. Throws `CorruptSegmentError`, with nothing changed. */
  reload(): void {
    this.#byKey = new Map(this.#document.read().map((stored) => [keyOf(stored), restored(stored)]))
  }

  find(user: string, mechanism: ScramMechanism): UserCredential | undefined {
    return this.#byKey.get(keyOf({ user, mechanism }))
  }

  /** All of them, by user and mechanism. */
  all(): UserCredential[] {
    return [...this.#byKey.values()].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  }

  /** Sets some and removes some, durably: all or, when this throws, none. */
  change(change: {
    readonly set: readonly UserCredential[]
    readonly removed: readonly Pick<UserCredential, 'user' | 'mechanism'>[]
  }): void {
    const next = new Map(this.#byKey)
    for (const one of change.removed) next.delete(keyOf(one))
    for (const one of change.set) next.set(keyOf(one), one)
    this.#document.write([...next.values()].map(storedOf))
    this.#byKey = next
  }

  /** Whether the password is the user's, by whichever mechanism it is kept. Takes as long for a user that is not there. */
  async isPassword(user: string, password: string): Promise<boolean> {
    const known = scramMechanisms.map((mechanism) => this.find(user, mechanism)).find((one) => one !== undefined)
    const mechanism = known?.mechanism ?? 'SCRAM-SHA-256'
    const terms = known ?? { salt: new Uint8Array(16), iterations: scramIterations.min }
    const given = scramCredential(mechanism, await saltedPassword(mechanism, password, terms), terms)
    return known !== undefined && isSameSecret(given.storedKey, known.storedKey)
  }
}

/** Mechanisms have no space. */
function keyOf({ user, mechanism }: Pick<UserCredential, 'user' | 'mechanism'>): string {
  return `${mechanism} ${user}`
}

function storedOf({ user, mechanism, iterations, salt, storedKey, serverKey }: UserCredential): StoredCredential {
  const [saltText, stored, server] = [salt, storedKey, serverKey].map(toBase64) as [string, string, string]
  return { user, mechanism, iterations, salt: saltText, storedKey: stored, serverKey: server }
}

function restored({ user, mechanism, iterations, ...texts }: StoredCredential): UserCredential {
  const [salt, storedKey, serverKey] = [texts.salt, texts.storedKey, texts.serverKey].map(fromBase64) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ]
  return { user, mechanism, iterations, salt, storedKey, serverKey }
}

function readCredential(fields: Fields): StoredCredential | undefined {
  const [user, mechanism] = ['user', 'mechanism'].map((name) => textOf(fields, name)) as [string, string]
  const [salt, storedKey, serverKey] = ['salt', 'storedKey', 'serverKey'].map((name) => base64Of(fields, name))
  const iterations = fields.get('iterations')
  if (typeof iterations !== 'number' || !Number.isSafeInteger(iterations) || iterations < 1) return undefined
  if (user === '' || !isScramMechanism(mechanism) || !salt || !storedKey || !serverKey) return undefined
  return { user, mechanism, iterations, salt, storedKey, serverKey }
}

/** Empty for what is no text. */
function textOf(fields: Fields, name: string): string {
  const value = fields.get(name)
  return typeof value === 'string' ? value : ''
}

/** Empty for what is no base64. */
function base64Of(fields: Fields, name: string): string {
  const text = textOf(fields, name)
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0 ? text : ''
}
