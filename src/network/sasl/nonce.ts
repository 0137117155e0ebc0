import { randomBytes } from 'node:crypto'

/** A nonce of SCRAM: 24 random bytes in base64, which has no comma. */
export function newNonce(): string {
  return randomBytes(24).toString('base64')
}
