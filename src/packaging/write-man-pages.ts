// Writes man/*.1 from the specifications of the commands. Run: npm run man
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { manPages } from './man-pages.ts'

const directory = new URL('../../man', import.meta.url).pathname
const pages = await manPages()

mkdirSync(directory, { recursive: true })
for (const name of readdirSync(directory)) {
  if (name.endsWith('.1') && !pages.has(name)) rmSync(join(directory, name))
}
for (const [name, source] of pages) writeFileSync(join(directory, name), source)
