import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'

/** What a server keeps of a password (RFC 5802 2.2): nobody can log in with it, and nobody finds the password but by trying. */
export interface ScramCredential {
  readonly salt: Uint8Array
  readonly iterations: number
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
}

export const scramMechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
export type ScramMechanism = (typeof scramMechanisms)[number]

/** Iterations of a password that is kept: fewer are too quickly tried, more cost the server too much (Kafka's bounds). */
export const scramIterations = { min: 4096, max: 16_384 } as const

const digests = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' } as const
const digestBytes = { 'SCRAM-SHA-256': 32, 'SCRAM-SHA-512': 64 } as const

/** How long the keys of a mechanism are, in bytes. */
export function scramKeyBytes(mechanism: ScramMechanism): number {
  return digestBytes[mechanism]
}

export function isScramMechanism(name: string): name is ScramMechanism {
  return name === 'SCRAM-SHA-256' || name === 'SCRAM-SHA-512'
}

/** The work that makes passwords slow to try, done beside the thread that everything else is done in. */
export function saltedPassword(
  mechanism: ScramMechanism,
  password: string,
  { salt, iterations }: Pick<ScramCredential, 'salt' | 'iterations'>,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, digestBytes[mechanism], digests[mechanism], (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

/** What is kept of a password that was salted. */
export function scramCredential(
  mechanism: ScramMechanism,
  salted: Uint8Array,
  { salt, iterations }: Pick<ScramCredential, 'salt' | 'iterations'>,
): ScramCredential {
  const storedKey = hash(mechanism, clientKey(mechanism, salted))
  return { salt, iterations, storedKey, serverKey: serverKey(mechanism, salted) }
}

export function clientKey(mechanism: ScramMechanism, salted: Uint8Array): Uint8Array {
  return hmac(mechanism, salted, 'Client Key')
}

export function serverKey(mechanism: ScramMechanism, salted: Uint8Array): Uint8Array {
  return hmac(mechanism, salted, 'Server Key')
}

export function hash(mechanism: ScramMechanism, bytes: Uint8Array): Uint8Array {
  return createHash(digests[mechanism]).update(bytes).digest()
}

export function hmac(mechanism: ScramMechanism, key: Uint8Array, text: string): Uint8Array {
  return createHmac(digests[mechanism], key).update(text, 'utf8').digest()
}

/** Whether two secrets are the same, in a time that does not tell where they differ. */
export function isSameSecret(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}

export function exclusiveOr(one: Uint8Array, other: Uint8Array): Uint8Array {
  return Uint8Array.from(one, (byte, at) => byte ^ (other[at] ?? 0))
}
