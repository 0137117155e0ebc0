/** What `JSON.stringify` takes as it is. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** What a schema read, as JSON: numbers beyond 2^53 become decimal strings, and bytes base64. */
export function plainJson(value: unknown): Json {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(plainJson)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, own]) => [name, plainJson(own)]))
  }
  return value as Json
}
