import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { projectRoot } from '../support/source-files.ts'

/** What importing `file` imports at once: packages by name, our own files by path. Imports at run time are left out. */
function staticImports(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const text = readFileSync(path.join(projectRoot, file), 'utf8')
  for (const [, specifier = ''] of text.matchAll(/^(?:import|export) (?!type\b)[^'"]*?from '([^']+)'/gm)) {
    if (specifier.startsWith('.')) staticImports(path.join(path.dirname(file), specifier), seen)
    else seen.add(specifier)
  }
  return seen
}

const hotModules = ['produce', 'consume', 'tail', 'topics-list', 'offsets', 'retention'].flatMap((name) => [
  `src/cli/${name}.ts`,
  `src/cli/specs/${name}.ts`,
])

test.each(['src/main.ts', 'src/cli/context.ts', 'src/cli/completion/complete.ts', ...hotModules])(
  '%s brings no package along: the start of a hot command stays short',
  (file) => {
    const packages = [...staticImports(file)].filter((name) => !name.startsWith('src/') && !name.startsWith('node:'))
    expect(packages).toEqual([])
  },
)

test.each(['src/main.ts', 'src/cli/hot-reading.ts', 'src/cli/hot-writing.ts', 'src/cli/hot-keeping.ts'])(
  '%s is one piece, and needs no module of the runtime: node:fs alone takes a millisecond to load',
  (file) => {
    const imports = [...staticImports(file)]
    expect(imports.filter((name) => !name.startsWith('src/'))).toEqual([])
    // Consumer groups are loaded by the first question for one.
    expect(imports.filter((name) => name.startsWith('src/coordinator/'))).toEqual([])
  },
)

test('a command that reads does not load what writes', () => {
  const imports = [...staticImports('src/cli/hot-reading.ts')]
  expect(imports).toContain('src/storage/partition-reader.ts')
  expect(imports).not.toContain('src/storage/partition-log.ts')
})

test('a hot command loads the specification of no other command', () => {
  expect([...staticImports('src/main.ts')].filter((name) => name.startsWith('src/cli/specs/'))).toEqual([
    'src/cli/specs/global-flags.ts',
  ])
})

test('the check above sees what the slow half imports', () => {
  expect([...staticImports('commands/produce.ts')]).toContain('@oclif/core')
})
