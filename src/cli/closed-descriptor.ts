import { fstatSync, readFileSync, readlinkSync } from 'node:fs'
import { errorCode } from '../base/errors.ts'

const O_CLOEXEC = 0o2_000_000

/**
 * Whether the caller started us with a standard descriptor (0, 1 or 2) closed, as `>&-` does.
 *
 * Runtimes open `/dev/null` in the place of a closed one, so that no file of ours gets its number. What the user opened came
 * through `exec` and so cannot have the close-on-exec flag; what the runtime opened has it. Only where the runtime leaves
 * inherited descriptors alone does that tell: Bun does, Node sets the flag on all of them (and the answer is false there).
 */
export function isClosedDescriptor(fd: number): boolean {
  try {
    if (!fstatSync(fd).isCharacterDevice() || process.versions['bun'] === undefined) return false
    if (readlinkSync(`/proc/self/fd/${fd}`) !== '/dev/null') return false
    return hasCloseOnExec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))
  } catch (error) {
    return errorCode(error) === 'EBADF'
  }
}

/** Reads `flags:` (octal) of a `/proc/PID/fdinfo` file. */
export function hasCloseOnExec(descriptorFacts: string): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(descriptorFacts)?.[1]
  return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0
}
