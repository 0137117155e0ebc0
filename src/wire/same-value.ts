/** Whether two values of one schema type are equal: numbers, text, bytes, lists and structs of them, without cycles. */
export function isSameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (a instanceof Uint8Array && b instanceof Uint8Array) return isSameList(a, b)
  if (Array.isArray(a) && Array.isArray(b)) return isSameList(a, b)
  return isPlain(a) && isPlain(b) && isSameStruct(a, b)
}

function isSameList(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  return a.length === b.length && Array.prototype.every.call(a, (item: unknown, i) => isSameValue(item, b[i]))
}

/** By all own keys, also symbols: tagged fields that were kept count. */
function isSameStruct(a: Struct, b: Struct): boolean {
  const keys = Reflect.ownKeys(a)
  return keys.length === Reflect.ownKeys(b).length && keys.every((key) => isSameValue(a[key], b[key]))
}

type Struct = Readonly<Record<PropertyKey, unknown>>

function isPlain(value: unknown): value is Struct {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}
