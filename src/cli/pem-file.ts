import { readFileSync, statSync } from 'node:fs'
import { describeErrorCode, errorCode, NotFoundError, UsageError } from '../base/errors.ts'

/** Certificates of all authorities of a system are some 200 kB. */
const bytesMax = 4 * 1024 * 1024

/** The text of a file of PEM; certificates are often kept behind symbolic links. `what` names the setting. Throws `NotFoundError`, `UsageError`. */
export function readPem(path: string, what: string): string {
  const text = readSmall(path, what)
  if (text.includes('-----BEGIN ')) return text
  throw new UsageError(`${what}: ${path} is not PEM`, {
    hint: 'from a Java keystore: keytool -importkeystore ... -deststoretype PKCS12, then openssl pkcs12 -in FILE -nodes',
  })
}

/** The first line of a file that holds a password. Throws `NotFoundError`, `UsageError`. */
export function readSmall(path: string, what: string): string {
  try {
    if (statSync(path).size <= bytesMax) return readFileSync(path, 'utf8')
  } catch (error) {
    throw new NotFoundError(`${what}: ${path} cannot be read: ${describeErrorCode(errorCode(error), error)}`, {
      cause: error,
    })
  }
  throw new UsageError(`${what}: ${path} is larger than ${bytesMax} bytes`)
}
