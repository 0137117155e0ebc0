import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Compiles `*.as.ts` (AssemblyScript) to `kernel-module.generated.ts`, once with and once without relaxed SIMD:
 * `node src/record/kernel/build.ts`. Does nothing when the output is younger than its sources.
 */
const folder = fileURLToPath(new URL('.', import.meta.url))
const outputName = 'kernel-module.generated.ts'

/** Bounds of 64 KiB pages are the caller's: the module only says that there is at least its own page. */
const options = ['-O3', '--runtime', 'stub', '--noAssert', '--use', 'abort=', '--importMemory', '--initialMemory', '1']
options.push('--noExportMemory', '--noColors')

const variants = [
  { name: 'relaxedSimdModule', features: ['--enable', 'simd', '--enable', 'relaxed-simd'] },
  { name: 'simdModule', features: ['--enable', 'simd'] },
]

if (!isUpToDate()) await build()

function sourceNames(): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.as.ts'))
}

function isUpToDate(): boolean {
  const builtAt = statSync(folder + outputName, { throwIfNoEntry: false })?.mtimeMs ?? 0
  return [...sourceNames(), 'build.ts'].every((name) => statSync(folder + name).mtimeMs < builtAt)
}

async function build(): Promise<void> {
  const exported: string[] = []
  for (const { name, features } of variants) {
    const module = await compile(features)
    exported.push(`export const ${name} =\n  '${Buffer.from(module).toString('base64')}'\n`)
  }
  writeFileSync(folder + outputName, `// Made by build.ts from *.as.ts: base64 of WebAssembly.\n${exported.join('\n')}`)
}

async function compile(features: readonly string[]): Promise<Uint8Array> {
  // Loaded here because it takes longer than the check whether there is anything to do.
  const { default: asc } = await import('assemblyscript/asc')
  const stderr = asc.createMemoryStream()
  let module: Uint8Array | undefined
  const { error } = await asc.main(['kernel.as.ts', ...options, ...features, '--outFile', 'kernel.wasm'], {
    stderr,
    readFile: readSource,
    writeFile: (_name, contents) => {
      if (typeof contents !== 'string') module = contents
    },
  })
  if (error === null && module !== undefined) return module
  throw new Error(`the kernel does not compile\n${stderr.toString()}`, { cause: error })
}

/** The compiler's `@inline` is no TypeScript (functions take no decorators), so the sources say it in a comment. */
function readSource(name: string): string | null {
  if (!sourceNames().includes(name)) return null
  return readFileSync(folder + name, 'utf8').replaceAll(/^\/\/ @inline$/gm, '@inline')
}
