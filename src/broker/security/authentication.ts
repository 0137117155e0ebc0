import { newNonce } from '../../network/sasl/nonce.ts'
import { plainExchange } from '../../network/sasl/plain.ts'
import { SaslError, type SaslExchange } from '../../network/sasl/sasl-step.ts'
import { scramMechanisms } from '../../network/sasl/scram-keys.ts'
import { ScramServer } from '../../network/sasl/scram-server.ts'
import { apiTable } from '../../protocol/api-keys.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import type { Principal } from '../authorizer.ts'
import type { Credentials } from './credentials.ts'

/** How a client may prove who it is. */
export const saslMechanisms = ['PLAIN', ...scramMechanisms] as const
export type SaslMechanism = (typeof saslMechanisms)[number]

export interface AuthenticationOptions {
  /** What this listener takes; none where nobody has to say who they are. */
  readonly mechanisms: readonly SaslMechanism[]
  /** Who the client is before SASL: whoever its certificate or its socket names. */
  readonly principal: Principal
  readonly credentials: Credentials
  /** Known to this process alone; see `ScramServerOptions`. */
  readonly secret: Uint8Array
  /** connections.max.reauth.ms: how long a proof is good for, in ms; 0 for as long as the connection stands. */
  readonly sessionMs: number
  /** A clock that never jumps, in ms. */
  readonly now: () => number
  /** The exchange has failed: the client is to be told, then cut off. */
  readonly onFailure: (mechanism: SaslMechanism, reason: string) => void
}

/** How long a failure is kept back, in ms, so that guessing is slow (Kafka: connection.failed.authentication.delay.ms). */
const failureDelayMs = 100

const { SaslHandshake, SaslAuthenticate, ApiVersions } = apiTable
const beforeExchange: ReadonlySet<number> = new Set([ApiVersions.key, SaslHandshake.key])
const duringExchange: ReadonlySet<number> = new Set([SaslAuthenticate.key])
const toStayOn: ReadonlySet<number> = new Set([SaslHandshake.key])

interface Exchange {
  readonly mechanism: SaslMechanism
  readonly steps: SaslExchange
  /** The tokens are frames of their own, after SaslHandshake 0. */
  readonly isBare: boolean
}

/** Who is at the other end of one connection, and how far it has come in saying so (KIP-43, KIP-152, KIP-368). */
export class Authentication {
  readonly #options: AuthenticationOptions
  #principal: Principal | undefined
  #proven: SaslMechanism | undefined
  #exchange: Exchange | undefined
  #hasFailed = false
  #expiresMs = Infinity

  constructor(options: AuthenticationOptions) {
    this.#options = options
    if (options.mechanisms.length === 0) this.#principal = options.principal
  }

  /** Absent until the client has said who it is, where it has to. */
  get principal(): Principal | undefined {
    return this.#principal
  }

  get mechanisms(): readonly SaslMechanism[] {
    return this.#options.mechanisms
  }

  /** Whether what comes next is a token and no request. */
  get takesTokens(): boolean {
    return this.#exchange?.isBare === true
  }

  /** Whether the client may ask that now; if not, the connection is to be closed. */
  allows(apiKey: number): boolean {
    if (this.#hasFailed) return false
    if (this.#exchange !== undefined) return duringExchange.has(apiKey)
    if (this.#principal === undefined) return beforeExchange.has(apiKey)
    return this.#options.now() < this.#expiresMs || toStayOn.has(apiKey)
  }

  /** Begins an exchange. Throws `KafkaError` for a mechanism that is not taken here, or not now. */
  begin(mechanism: string, { isBare }: { readonly isBare: boolean }): void {
    const { mechanisms } = this.#options
    // Whoever is known already may prove it again, by the same means, in tokens that are told from requests.
    const isAgain = this.#principal !== undefined
    if (mechanisms.length === 0 || (isAgain && isBare)) throw new KafkaError(ErrorCode.ILLEGAL_SASL_STATE)
    const chosen = mechanisms.find((one) => one === mechanism)
    if (chosen === undefined) throw new KafkaError(ErrorCode.UNSUPPORTED_SASL_MECHANISM)
    if (isAgain && chosen !== this.#proven) throw new KafkaError(ErrorCode.ILLEGAL_SASL_STATE)
    this.#exchange = { mechanism: chosen, steps: this.#stepsOf(chosen), isBare }
  }

  /** Takes the client's token; resolves to ours, and to how long the proof is good for, in ms. Throws `KafkaError`. */
  async take(token: Uint8Array): Promise<{ readonly token: Uint8Array; readonly sessionMs: number }> {
    const exchange = this.#exchange
    if (exchange === undefined) throw new KafkaError(ErrorCode.ILLEGAL_SASL_STATE)
    try {
      const step = await exchange.steps.next(token)
      if (step.name !== undefined) this.#accept(step.name, exchange.mechanism)
      return { token: step.token, sessionMs: step.name === undefined ? 0 : this.#options.sessionMs }
    } catch (error) {
      if (!(error instanceof SaslError)) throw error
      this.#hasFailed = true
      this.#exchange = undefined
      await new Promise((resolve) => setTimeout(resolve, failureDelayMs))
      this.#options.onFailure(exchange.mechanism, error.message)
      throw new KafkaError(ErrorCode.SASL_AUTHENTICATION_FAILED, `authentication with ${exchange.mechanism} failed`)
    }
  }

  #accept(name: string, mechanism: SaslMechanism): void {
    if (this.#principal !== undefined && this.#principal.name !== name) {
      throw new SaslError('a connection stays that of one user')
    }
    const { sessionMs, now } = this.#options
    this.#principal ??= { type: 'User', name }
    this.#proven = mechanism
    this.#exchange = undefined
    this.#expiresMs = sessionMs === 0 ? Infinity : now() + sessionMs
  }

  #stepsOf(mechanism: SaslMechanism): SaslExchange {
    const { credentials, secret } = this.#options
    if (mechanism === 'PLAIN') return plainExchange((name, password) => credentials.isPassword(name, password))
    return new ScramServer({
      mechanism,
      credentialOf: (name) => credentials.find(name, mechanism),
      nonce: newNonce,
      secret,
    })
  }
}
