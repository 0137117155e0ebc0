import { SaslError } from './sasl-step.ts'

/** The attributes of a SCRAM message, `k=v` with commas between, in their order. Throws `SaslError`. */
export function scramAttributes(text: string): [string, string][] {
  return text.split(',').map((part) => {
    if (/^[A-Za-z]=/.test(part)) return [part.slice(0, 1), part.slice(2)]
    throw new SaslError('the token does not follow the form of SCRAM')
  })
}

/** The values of the first attributes, which must be `names` in this order; what follows are extensions. Throws `SaslError`. */
export function requiredAttributes(text: string, names: string): string[] {
  const attributes = scramAttributes(text)
  return Array.from(names, (name, at) => {
    const [key, value = ''] = attributes[at] ?? []
    if (key === name && value !== '') return value
    throw new SaslError('the token does not follow the form of SCRAM')
  })
}

/** A name as it stands between commas. */
export function escapedName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C')
}

/** Throws `SaslError` for an `=` that begins neither of the two escapes. */
export function unescapedName(text: string): string {
  if (/=(?!2C|3D)/.test(text)) throw new SaslError('the name is not escaped as SCRAM has it')
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

/** Throws `SaslError`. */
export function fromBase64(text: string): Uint8Array {
  if (/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return Buffer.from(text, 'base64')
  throw new SaslError('the token does not follow the form of SCRAM')
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

/** Nonces are printable and have no comma. */
export function isNonce(text: string): boolean {
  return /^[\x21-\x2B\x2D-\x7E]+$/.test(text)
}
