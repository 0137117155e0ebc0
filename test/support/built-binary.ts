import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The path of dist/tslog. Throws when it was not built: a test of the shipped binary must not pass without it. */
export function builtBinary(): string {
  const path = fileURLToPath(new URL('../../dist/tslog', import.meta.url))
  if (!existsSync(path)) throw new Error('dist/tslog is missing: npm run build makes it')
  return path
}
