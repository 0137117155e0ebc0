import { existsSync } from 'node:fs'

/** The path of dist/tslog. Throws when it was not built: a test of the shipped binary must not pass without it. */
export function builtBinary(): string {
  const path = new URL('../../dist/tslog', import.meta.url).pathname
  if (!existsSync(path)) throw new Error('dist/tslog is missing: npm run build makes it')
  return path
}
