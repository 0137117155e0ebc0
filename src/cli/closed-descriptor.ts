import { errorCode } from '../base/errors.ts'
import { fileCalls } from '../disk/file-calls.ts'
import { nativeCalls } from '../disk/native-calls.ts'

/**
 * Whether the caller started us with a standard descriptor (0, 1 or 2) closed, as `>&-` does.
 *
 * Runtimes open `/dev/null` in the place of a closed one, so that no file of ours gets its number. What the user opened came
 * through `exec` and so cannot have the close-on-exec flag; what the runtime opened has it. Only where the runtime leaves
 * inherited descriptors alone does that tell: Bun does, Node sets the flag on all of them (and the answer is false there).
 */
export function isClosedDescriptor(fd: number): boolean {
  try {
    if (!fileCalls().statusOf(fd).isNullDevice || process.versions['bun'] === undefined) return false
    return nativeCalls()?.closesOnExec(fd) === true
  } catch (error) {
    return errorCode(error) === 'EBADF'
  }
}
