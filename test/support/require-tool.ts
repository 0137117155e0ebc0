import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * The path of an outside program that a test needs, or `undefined` when it is not installed: then the test is to be skipped
 * (`test.skipIf(tool === undefined)`), which is said on stderr. With `TSLOG_REQUIRE_TOOLS=1`, as in CI, a missing program
 * is a failure instead.
 */
export function toolOrSkip(name: string): string | undefined {
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find(isExecutable)
  if (found !== undefined) return found
  if (process.env['TSLOG_REQUIRE_TOOLS'] === '1')
    throw new Error(`${name} is not installed, and TSLOG_REQUIRE_TOOLS is 1`)
  process.stderr.write(`SKIPPED: tests that need ${name}, which is not installed\n`)
  return undefined
}

/** Whether tests are to be skipped for `reason`, which is said on stderr; the same rules. */
export function skippedFor(reason: string | undefined): boolean {
  if (reason === undefined) return false
  if (process.env['TSLOG_REQUIRE_TOOLS'] === '1') throw new Error(`${reason}, and TSLOG_REQUIRE_TOOLS is 1`)
  process.stderr.write(`SKIPPED: ${reason}\n`)
  return true
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
