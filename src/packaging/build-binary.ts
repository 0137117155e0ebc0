// Builds dist/tslog, one executable with everything inside. Run by Bun: bun src/packaging/build-binary.ts
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeText } from '../cli/standard-streams.ts'
import { startUpJitPolicy } from '../cli/start-up.ts'
import { recordStarts } from './recorded-starts.ts'

/** The part of Bun's bundler used here; its own types would replace Node's in the whole project. */
interface Bundler {
  build(options: Readonly<Record<string, unknown>>): Promise<{ success: boolean; logs: readonly unknown[] }>
}

interface BundlerHooks {
  onResolve(
    on: { filter: RegExp },
    then: (asked: { path: string; importer: string; kind: string }) => { path: string; namespace: string } | undefined,
  ): void
  onLoad(
    on: { filter: RegExp; namespace?: string },
    then: (asked: { path: string }) => { loader: 'js' | 'ts'; contents: string },
  ): void
}

const bun = (globalThis as unknown as { Bun: Bundler }).Bun

const root = fileURLToPath(new URL('../..', import.meta.url))
const outfile = join(root, 'dist/tslog')
/** Built under another name first, so that dist/tslog is whole at any time and may be running while it is replaced. */
const unfinished = `${outfile}.${process.pid}`
/** Of a build that is thrown away, for the one after it. */
const notes = `${unfinished}.starts`

/**
 * Started by path, not imported: compiled into the binary beside main.ts. Bun keeps its folder, but puts every shared chunk into the
 * root, so that the chunk which starts it must be told the way.
 */
const compressionWorker = 'cli/produce/compression-worker'
const verifyWorker = 'cli/verify/verify-worker'

/**
 * The bundler puts modules into one chunk when the same entries and the same dynamic imports reach them, which made a dozen chunks of what
 * `produce` needs, and milliseconds of their loading. So the workers, and through a facade each dynamic import in our sources but those of
 * what pipes call, reach all that is hot: that code is in three chunks then, for reading, for writing, and for both. What is hot reaches all that
 * `main.ts` begins with, which is in one more.
 */
const hotModules = ['hot-reading', 'hot-writing'].map((name) => join(root, `src/cli/${name}.ts`))
const firstModules = ['command-line', 'start-up', 'version'].map((name) => join(root, `src/cli/${name}.ts`))
const reach = (paths: readonly string[]): string => paths.map((path) => `import ${JSON.stringify(path)}`).join('\n')
const reachHot = reach([...firstModules, ...hotModules])
const facadeMark = '?facade'

function isBehindFacade({ path, importer, kind }: { path: string; importer: string; kind: string }): boolean {
  const isOurs = importer.startsWith(join(root, 'src/')) || importer.startsWith(join(root, 'commands/'))
  return isOurs && kind === 'dynamic-import' && !hotModules.includes(join(dirname(importer), path))
}

function facade(path: string): string {
  const lines = [reachHot, `export * from ${JSON.stringify(path)}`]
  if (path.startsWith(join(root, 'commands/'))) lines.push(`export { default } from ${JSON.stringify(path)}`)
  return lines.join('\n')
}

/** zstd-napi's addon, when it could be compiled at install time; otherwise zstd is node:zlib's. */
const addon = join(root, 'node_modules/zstd-napi/build/Release/binding.node')

const throwing = 'throw new Error("not in this build")'

/** Packages that the program asks for but never reaches: oclif's own look-ups are replaced, and koffi serves plain Node only. */
const stubs: Readonly<Record<string, string>> = {
  'get-package-type': 'module.exports = { sync: () => "commonjs" }',
  koffi: throwing,
  lilconfig: `module.exports = { lilconfig() { ${throwing} } }`,
  minimatch: `module.exports = { minimatch() { ${throwing} } }`,
  semver: 'module.exports = { satisfies: () => true }',
  tinyglobby: `module.exports = { glob() { ${throwing} } }`,
  'wsl-utils': 'export const isWsl = false; export const powerShellPath = () => ""',
  ...(existsSync(addon) ? {} : { 'zstd-napi/binding.js': throwing }),
}

const exact = (names: readonly string[]): RegExp => new RegExp(`^(${names.join('|')})$`)

const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

mkdirSync(join(root, 'dist'), { recursive: true })

/** Builds the binary under its other name; `bytecodeOrder` are files with notes of what its starts use. Throws when that fails. */
async function build(bytecodeOrder: readonly string[]): Promise<void> {
  const result = await bun.build({
    entrypoints: [
      join(root, 'src/main.ts'),
      ...[compressionWorker, verifyWorker].map((name) => join(root, `src/${name}.ts`)),
    ],
    root: join(root, 'src'),
    target: 'bun',
    format: 'esm',
    minify: true,
    splitting: true,
    bytecode: true,
    define: {
      TSLOG_VERSION: JSON.stringify(packageJson.version),
      TSLOG_COMPRESSION_WORKER: JSON.stringify(`./${compressionWorker}.js`),
      TSLOG_VERIFY_WORKER: JSON.stringify(`./${verifyWorker}.js`),
      // Else oclif loads semver and its own package.json at every start.
      'process.env.OCLIF_DISABLE_ENGINE_WARNING': '"1"',
    },
    compile: {
      outfile: unfinished,
      // A tool must not read the .env or run the preload script of the directory it happens to be called in.
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
      bytecodeOrder,
      jitPolicy: startUpJitPolicy,
    },
    plugins: [
      {
        name: 'tslog',
        setup(build: BundlerHooks) {
          build.onResolve({ filter: exact(Object.keys(stubs)) }, ({ path }) => ({ path, namespace: 'stub' }))
          build.onLoad({ filter: /.*/, namespace: 'stub' }, ({ path }) => ({
            loader: 'js',
            contents: stubs[path] ?? '',
          }))
          build.onResolve({ filter: /^\.\.?\// }, (asked) =>
            isBehindFacade(asked)
              ? { path: join(dirname(asked.importer), asked.path) + facadeMark, namespace: 'facade' }
              : undefined,
          )
          build.onLoad({ filter: /(-worker|hot-(reading|writing))\.ts$/ }, ({ path }) => ({
            loader: 'ts',
            contents: `${hotModules.includes(path) ? reach(firstModules) : reachHot}\n${readFileSync(path, 'utf8')}`,
          }))
          build.onLoad({ filter: /.*/, namespace: 'facade' }, ({ path }) => ({
            loader: 'js',
            contents: facade(path.slice(0, -facadeMark.length)),
          }))
          // The package finds its addon by a computed path, which no bundler can follow; by a plain one Bun embeds it.
          build.onLoad({ filter: /zstd-napi\/binding\.js$/ }, () => ({
            loader: 'js',
            contents: `module.exports = require(${JSON.stringify(realpathSync(addon))})`,
          }))
        },
      },
    ],
  })
  if (!result.success) throw new Error(result.logs.map(String).join('\n'))
}

try {
  await build([])
  await build(recordStarts(unfinished, notes))
  renameSync(unfinished, outfile)
} catch (error) {
  writeText(2, `${String(error)}\n`)
  process.exitCode = 1
} finally {
  rmSync(notes, { recursive: true, force: true })
}
