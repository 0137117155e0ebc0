import {
  clientKey,
  exclusiveOr,
  hash,
  hmac,
  isSameSecret,
  saltedPassword,
  type ScramMechanism,
  scramIterations,
  serverKey,
} from './scram-keys.ts'
import { escapedName, fromBase64, isNonce, requiredAttributes, toBase64 } from './scram-message.ts'
import { SaslError, tokenText } from './sasl-step.ts'

/** As many iterations are worked for a server, which names them before it has proven anything. */
const iterationsMax = 1_000_000

export interface ScramClientOptions {
  readonly mechanism: ScramMechanism
  readonly name: string
  readonly password: string
  /** Printable, without commas, never the same again. */
  readonly nonce: string
}

/** The client's half of SCRAM: `first`, then `final` with the server's answer, then `verify` with its last one, in this order. */
export class ScramClient {
  readonly #options: ScramClientOptions
  #expected: Uint8Array | undefined

  constructor(options: ScramClientOptions) {
    this.#options = options
  }

  first(): Uint8Array {
    return new TextEncoder().encode(`n,,${this.#bare}`)
  }

  /** Proves that we know the password. Throws `SaslError` for an answer that would make it easy to find, or work without end. */
  async final(serverFirst: Uint8Array): Promise<Uint8Array> {
    const { mechanism, password, nonce } = this.#options
    const answer = tokenText(serverFirst)
    const [both = '', salt = '', count = ''] = requiredAttributes(answer, 'rsi')
    if (!both.startsWith(nonce) || both.length === nonce.length || !isNonce(both)) {
      throw new SaslError('the server did not take up our nonce')
    }
    const iterations = /^\d{1,9}$/.test(count) ? Number(count) : 0
    if (iterations < scramIterations.min || iterations > iterationsMax) {
      throw new SaslError(
        `the server asks for ${count.slice(0, 20)} iterations, ${scramIterations.min} to ${iterationsMax} are allowed`,
      )
    }
    const salted = await saltedPassword(mechanism, password, { salt: fromBase64(salt), iterations })
    const key = clientKey(mechanism, salted)
    const withoutProof = `c=biws,r=${both}`
    const message = `${this.#bare},${answer},${withoutProof}`
    const proof = exclusiveOr(key, hmac(mechanism, hash(mechanism, key), message))
    this.#expected = hmac(mechanism, serverKey(mechanism, salted), message)
    return new TextEncoder().encode(`${withoutProof},p=${toBase64(proof)}`)
  }

  /** Throws `SaslError` unless the server has shown that it knows the password too. */
  verify(serverFinal: Uint8Array): void {
    const text = tokenText(serverFinal)
    if (text.startsWith('e=')) throw new SaslError(`the server refuses: ${text.slice(2, 102)}`)
    const [verifier = ''] = requiredAttributes(text, 'v')
    if (this.#expected !== undefined && isSameSecret(fromBase64(verifier), this.#expected)) return
    throw new SaslError('the server does not know the password: it is not the one it seems to be')
  }

  get #bare(): string {
    return `n=${escapedName(this.#options.name)},r=${this.#options.nonce}`
  }
}
