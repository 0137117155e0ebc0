import { fileCalls } from '../disk/file-calls.ts'

/**
 * Whether a descriptor is a terminal. `node:tty` is asked last: it brings sockets and streams along, 2 ms that a command in a pipe or
 * with `/dev/null` must not pay.
 */
export function isTerminal(fd: number): boolean {
  return isUnknownDevice(fd) && process.getBuiltinModule('node:tty').isatty(fd)
}

function isUnknownDevice(fd: number): boolean {
  try {
    const { kind, isNullDevice } = fileCalls().statusOf(fd)
    return kind === 'character device' && !isNullDevice
  } catch {
    // A closed descriptor.
    return false
  }
}
