import { DiskError } from '../base/errors.ts'

/** What `open` gives; `undefined` when the file is gone, as under a reader that takes no lock. */
export function openIfThere<T>(open: () => T): T | undefined {
  try {
    return open()
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return undefined
    throw error
  }
}
