import {
  exclusiveOr,
  hash,
  hmac,
  isSameSecret,
  type ScramCredential,
  type ScramMechanism,
  scramIterations,
  scramKeyBytes,
} from './scram-keys.ts'
import { fromBase64, isNonce, requiredAttributes, toBase64, unescapedName } from './scram-message.ts'
import { type SaslExchange, SaslError, type SaslStep, tokenText } from './sasl-step.ts'

export interface ScramServerOptions {
  readonly mechanism: ScramMechanism
  readonly credentialOf: (name: string) => ScramCredential | undefined
  /** Printable, without commas, never the same again. */
  readonly nonce: () => string
  /** Kept by this server alone: salts of users that are not there are made of it, so that asking again gives the same one. */
  readonly secret: Uint8Array
}

/** What the first message of the client settled. */
interface Begun {
  readonly name: string
  readonly isKnown: boolean
  readonly credential: ScramCredential
  readonly nonce: string
  readonly gs2Header: string
  /** The messages that are signed, up to the client's last. */
  readonly signed: string
}

/**
 * The server's half of SCRAM (RFC 5802, RFC 7677), without channel binding. A user that is not there fails as one with a wrong password does, after
 * the same messages.
 */
export class ScramServer implements SaslExchange {
  readonly #options: ScramServerOptions
  #begun: Begun | undefined
  #isOver = false

  constructor(options: ScramServerOptions) {
    this.#options = options
  }

  async next(token: Uint8Array): Promise<SaslStep> {
    if (this.#isOver) throw new SaslError('the exchange is over')
    const text = tokenText(token)
    try {
      const step = this.#begun === undefined ? this.#first(text) : this.#final(text, this.#begun)
      this.#isOver = step.name !== undefined
      return step
    } catch (error) {
      this.#isOver = true
      throw error
    }
  }

  #first(text: string): SaslStep {
    const { name, clientNonce, gs2Header, bare } = firstMessage(text)
    const known = this.#options.credentialOf(name)
    const credential = known ?? this.#imagined(name)
    const nonce = clientNonce + this.#options.nonce()
    const answer = `r=${nonce},s=${toBase64(credential.salt)},i=${credential.iterations}`
    this.#begun = { name, isKnown: known !== undefined, credential, nonce, gs2Header, signed: `${bare},${answer}` }
    return { token: new TextEncoder().encode(answer) }
  }

  #final(text: string, { name, isKnown, credential, nonce, gs2Header, signed }: Begun): SaslStep {
    const { mechanism } = this.#options
    const [binding = '', repeated = ''] = requiredAttributes(text, 'cr')
    const [, withoutProof = '', proof = ''] = /^(.*),p=([^,]*)$/s.exec(text) ?? []
    // Both sides have to mean the same exchange: what somebody recorded of another one is of no use (CVE-2024-56128).
    // librdkafka before 2.6.1, Debian's kcat among it, says its own half twice: it is taken, though not by Kafka 4.3, as the proof covers what it says.
    if (!repeated.endsWith(nonce)) throw new SaslError('the nonce is not that of this exchange')
    if (binding !== toBase64(new TextEncoder().encode(gs2Header))) throw new SaslError('the channel binding differs')
    const message = `${signed},${withoutProof}`
    const isProven = isProof(mechanism, fromBase64(proof), { storedKey: credential.storedKey, message })
    if (!isProven || !isKnown) throw new SaslError('wrong name or password')
    const verifier = toBase64(hmac(mechanism, credential.serverKey, message))
    return { token: new TextEncoder().encode(`v=${verifier}`), name }
  }

  #imagined(name: string): ScramCredential {
    const { mechanism, secret } = this.#options
    const bytes = scramKeyBytes(mechanism)
    return {
      salt: hmac(mechanism, secret, name).subarray(0, 16),
      iterations: scramIterations.min,
      storedKey: new Uint8Array(bytes),
      serverKey: new Uint8Array(bytes),
    }
  }
}

interface FirstMessage {
  readonly name: string
  readonly clientNonce: string
  /** What is said of channel binding, which the last message repeats. */
  readonly gs2Header: string
  readonly bare: string
}

/** Throws `SaslError` for what is no first message, or asks for what we have not. */
function firstMessage(text: string): FirstMessage {
  const [, gs2Header, actFor, bare] = /^([ny],(?:a=([^,]*))?,)(.*)$/s.exec(text) ?? []
  if (gs2Header === undefined || bare === undefined) {
    throw new SaslError('the token does not follow the form of SCRAM without channel binding')
  }
  const [escaped = '', clientNonce = ''] = requiredAttributes(bare, 'nr')
  const name = unescapedName(escaped)
  if (!isNonce(clientNonce)) throw new SaslError('the nonce is not printable')
  if (actFor !== undefined && unescapedName(actFor) !== name) throw new SaslError('nobody may act for somebody else')
  return { name, clientNonce, gs2Header, bare }
}

/** Whether whoever made `proof` knows the password: it gives back the key that we keep the hash of. */
function isProof(
  mechanism: ScramMechanism,
  proof: Uint8Array,
  { storedKey, message }: { readonly storedKey: Uint8Array; readonly message: string },
): boolean {
  const signature = hmac(mechanism, storedKey, message)
  if (proof.length !== signature.length) return false
  return isSameSecret(hash(mechanism, exclusiveOr(proof, signature)), storedKey)
}
