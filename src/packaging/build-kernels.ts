import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Compiles the `*.as.ts` (AssemblyScript) of each kernel to its `kernel-module.generated.ts`: `node src/packaging/build-kernels.ts`. Does nothing
 * for one whose output is younger than all sources: a kernel may use what another one has.
 */
const sourceRoot = fileURLToPath(new URL('../', import.meta.url))
const outputName = 'kernel-module.generated.ts'

/** Bounds of 64 KiB pages are the caller's: the module only says that there is at least its own page. */
const options = ['-O3', '--runtime', 'stub', '--noAssert', '--use', 'abort=', '--importMemory', '--initialMemory', '1']
options.push('--noExportMemory', '--noColors')

options.push('--enable', 'simd')

const folders = ['record/kernel', 'storage/kernel']

const sources = folders.flatMap((folder) =>
  readdirSync(path.join(sourceRoot, folder))
    .filter((name) => name.endsWith('.as.ts'))
    .map((name) => `${folder}/${name}`),
)
for (const folder of folders) if (!isUpToDate(folder)) await build(folder)

function isUpToDate(folder: string): boolean {
  const builtAt = modifiedMs(`${folder}/${outputName}`)
  return [...sources, 'packaging/build-kernels.ts'].every((name) => modifiedMs(name) < builtAt)
}

function modifiedMs(name: string): number {
  return statSync(path.join(sourceRoot, name), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

async function build(folder: string): Promise<void> {
  const module = Buffer.from(await compile(folder)).toString('base64')
  const text = `// Made by build-kernels.ts from *.as.ts: base64 of WebAssembly.\nexport const simdModule =\n  '${module}'\n`
  writeFileSync(path.join(sourceRoot, folder, outputName), text)
}

async function compile(folder: string): Promise<Uint8Array> {
  // Loaded here because it takes longer than the check whether there is anything to do.
  const { default: asc } = await import('assemblyscript/asc')
  const stderr = asc.createMemoryStream()
  let module: Uint8Array | undefined
  const { error } = await asc.main([`${folder}/kernel.as.ts`, ...options, '--outFile', 'kernel.wasm'], {
    stderr,
    readFile: readSource,
    writeFile: (_name, contents) => {
      if (typeof contents !== 'string') module = contents
    },
  })
  if (error === null && module !== undefined) return module
  throw new Error(`the kernel in ${folder} does not compile\n${stderr.toString()}`, { cause: error })
}

/** The compiler's `@inline` is no TypeScript (functions take no decorators), so the sources say it in a comment. */
function readSource(name: string): string | null {
  if (!sources.includes(name)) return null
  return readFileSync(path.join(sourceRoot, name), 'utf8').replaceAll(/^\/\/ @inline$/gm, '@inline')
}
