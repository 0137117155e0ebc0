import { fstatSync, statSync } from 'node:fs'

/**
 * Whether a descriptor is a terminal. `node:tty` is asked last: it brings sockets and streams along, 2 ms that a command in a pipe or
 * with `/dev/null` must not pay.
 */
export function isTerminal(fd: number): boolean {
  return isUnknownDevice(fd) && process.getBuiltinModule('node:tty').isatty(fd)
}

function isUnknownDevice(fd: number): boolean {
  try {
    const facts = fstatSync(fd)
    return facts.isCharacterDevice() && facts.rdev !== statSync('/dev/null').rdev
  } catch {
    // A closed descriptor.
    return false
  }
}
