/** Such as `cat` writes: what is written at once decides which free memory the system takes for it. */
const writtenAtOnce = 128 * 1024

/** Linux gives free memory back two seconds after it learns of some (`PAGE_REPORTING_DELAY`). */
const heldSeconds = 2.1

/**
 * Bash in the directory of a run, after which as much memory as files of `bytes` bytes take was in use until just now. A virtual machine gives its free memory back to
 * its host from time to time, and whoever writes there next pays for each page: up to 2 ms a megabyte instead of 0.1. The file is held until the
 * system has given back what else was free, so that it does not begin to while the clock runs.
 */
export function warmMemory(bytes: number): string {
  const count = Math.ceil(bytes / writtenAtOnce)
  return `dd if=/dev/zero of=warm bs=${writtenAtOnce} count=${count} status=none; sleep ${heldSeconds}; rm warm`
}
