import { readFileSync, statSync } from 'node:fs'
import { describeErrorCode, errorCode, NotFoundError, UsageError } from '../base/errors.ts'

/** Certificates of all authorities of a system are some 200 kB. */
const bytesMax = 4 * 1024 * 1024

/**
 * The text of a file that a flag or a setting, `what`, names; it may be behind symbolic links, as mounted settings and certificates are, or a pipe.
 * Throws `NotFoundError`, `UsageError`.
 */
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
