/** An error such as the runtime throws for a failed system call, with the system's name of it: what `DiskError` takes as its cause. */
export function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
