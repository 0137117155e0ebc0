import { UsageError } from '../base/errors.ts'
import { readSmall } from './small-file.ts'

/** The text of a file of PEM; certificates are often kept behind symbolic links. `what` names the setting. Throws `NotFoundError`, `UsageError`. */
export function readPem(path: string, what: string): string {
  const text = readSmall(path, what)
  if (text.includes('-----BEGIN ')) return text
  throw new UsageError(`${what}: ${path} is not PEM`, {
    hint: 'from a Java keystore: keytool -importkeystore ... -deststoretype PKCS12, then openssl pkcs12 -in FILE -nodes',
  })
}
