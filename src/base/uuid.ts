import { isPlainText } from './plain-text.ts'
import type { Random } from './random.ts'

/** A topic, cluster or directory id as Kafka writes it: 16 bytes in 22 characters of base64url, without padding. */
export type Uuid = string

/** All zeros: where an id stands on the wire or in a file and there is none. */
export const NO_UUID: Uuid = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Makes a random (version 4) id; one that begins with `-` is avoided as Kafka does, so that it can stand on a command line. */
export function randomUuid(random: Random): Uuid {
  for (;;) {
    const bytes = random.fill(new Uint8Array(16))
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
    const text = uuidFromBytes(bytes)
    if (!text.startsWith('-')) return text
  }
}

/** Makes a random id as Java writes them, in hexadecimal with dashes: the form that member ids end in. */
export function randomDashedUuid(random: Random): string {
  const hex = Buffer.from(random.fill(new Uint8Array(16))).toString('hex')
  const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** Writes 16 bytes as an id. */
export function uuidFromBytes(bytes: Uint8Array): Uuid {
  return Buffer.from(bytes).toString('base64url')
}

/** Whether `text` is written as an id is. */
export function isUuid(text: string): text is Uuid {
  return text.length === 22 && isPlainText(text) && !text.includes('.')
}

/** The 16 bytes of an id, or `undefined` when `text` is not one. */
export function uuidToBytes(text: Uuid): Uint8Array | undefined {
  return isUuid(text) ? Buffer.from(text, 'base64url') : undefined
}
