import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** One TypeScript file of the project with what it imports. */
export interface SourceFile {
  /** From the project's top level, with `/`. */
  readonly path: string
  /** The first folder under src/, or `commands`, or `main` for src/main.ts. */
  readonly layer: string
  readonly text: string
  /** Layers it imports from, itself left out. */
  readonly imports: readonly string[]
  /** Built-in modules, without `node:`. */
  readonly builtins: readonly string[]
  /** npm packages. */
  readonly packages: readonly string[]
}

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url))

/** Every `.ts` file under src/ and commands/, but AssemblyScript and what the build generates. */
export function sourceFiles(): SourceFile[] {
  return ['src', 'commands'].flatMap((folder) =>
    readdirSync(path.join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.as.ts') && !name.endsWith('.generated.ts'))
      .map((name) => readSourceFile(path.join(folder, name))),
  )
}

function readSourceFile(file: string): SourceFile {
  const text = readFileSync(path.join(projectRoot, file), 'utf8')
  const specifiers = importSpecifiers(text)
  const layer = layerOf(file)
  const relative = specifiers.filter((name) => name.startsWith('.'))
  const imports = relative.map((name) => layerOf(path.join(path.dirname(file), name))).filter((to) => to !== layer)
  const outside = specifiers.filter((name) => !name.startsWith('.'))
  return {
    path: file,
    layer,
    text,
    imports: [...new Set(imports)],
    builtins: outside.filter((name) => name.startsWith('node:')).map((name) => name.slice('node:'.length)),
    packages: outside.filter((name) => !name.startsWith('node:')),
  }
}

function importSpecifiers(text: string): string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^'"\n;]*?(?:\{[^}]*\}\s*)?(?:from\s*)?['"]([^'"]+)['"]|\b(?:import|require)\(\s*['"]([^'"]+)['"]/g
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? '')
}

function layerOf(file: string): string {
  const parts = file.split('/')
  if (parts[0] !== 'src') return parts[0] ?? ''
  return parts.length === 2 ? (parts[1] ?? '').replace(/\.ts$/, '') : (parts[1] ?? '')
}
