// Writes man/*.1 from the specifications of the commands. Run: npm run man
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { manPages } from './man-pages.ts'

const directory = fileURLToPath(new URL('../../man', import.meta.url))
const pages = await manPages()

mkdirSync(directory, { recursive: true })
for (const name of readdirSync(directory)) {
  if (name.endsWith('.1') && !pages.has(name)) rmSync(join(directory, name))
}
for (const [name, source] of pages) writeFileSync(join(directory, name), source)
