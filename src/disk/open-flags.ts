import type { OpenMode } from './file-system.ts'

/** The numbers of the system for what `open` is asked; they are not the same on all machines. */
export interface OpenFlags {
  readonly O_RDONLY: number
  readonly O_RDWR: number
  readonly O_CREAT: number
  readonly O_EXCL: number
  readonly O_NOCTTY: number
  readonly O_NOFOLLOW: number
  readonly O_NONBLOCK: number
}

/** `O_NONBLOCK` means nothing on a regular file, and keeps the open of a named pipe from waiting for its other end. */
export function openFlags(mode: OpenMode | 'input', flags: OpenFlags): number {
  const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK } = flags
  const always = O_NOFOLLOW | O_NONBLOCK
  switch (mode) {
    case 'input':
      return O_RDONLY | O_NOCTTY | O_NONBLOCK
    case 'read':
      return O_RDONLY | always
    case 'write':
      return O_RDWR | always
    case 'create':
    case 'create-private':
      return O_RDWR | O_CREAT | always
    case 'create-new':
      return O_RDWR | O_CREAT | O_EXCL | always
  }
}

/** Who may do what with a file that `open` makes. */
export function permissionsOf(mode: OpenMode | 'input'): number {
  return mode === 'create-private' ? 0o600 : 0o640
}
