import type { CliContext } from '../context.ts'
import { flagOfWord } from '../flag-lookup.ts'
import { globalFlags } from '../specs/global-flags.ts'
import { writeText } from '../standard-streams.ts'
import { offer } from './candidates.ts'
import { logNames, type NamedLocation } from './log-names.ts'

/**
 * `tslog __complete WORD...`: what may stand in place of the last WORD, for the scripts of `tslog completion`. One candidate
 * a line, a tab and its summary; `:files` or `:directories` asks the shell for its own names. Prints nothing on failure.
 */
export async function complete(words: readonly string[], context: CliContext): Promise<number> {
  try {
    const { candidates, paths } = await offer(words, logNames(locationIn(words), context))
    const lines = candidates.map(({ word, summary }) => (summary === '' ? word : `${word}\t${summary}`))
    if (paths !== undefined) lines.push(`:${paths}`)
    writeText(context.stdout, lines.map((line) => `${line}\n`).join(''))
  } catch {
    // Between two keystrokes nobody wants to read an error.
  }
  return 0
}

/** `-d DIR` or `-b BROKERS` as far as they are typed; a command's own flags do not matter for that. */
function locationIn(words: readonly string[]): NamedLocation {
  const found = new Map<string, string>()
  const spec = { name: '', summary: '', description: [], args: [], flags: globalFlags, examples: [] }
  for (const [index, word] of words.slice(0, -1).entries()) {
    const [typed = '', attached] = word.startsWith('--')
      ? word.split('=', 2)
      : [word.slice(0, 2), word.slice(2) || undefined]
    const flag = flagOfWord(spec, typed)
    const value = attached ?? words[index + 1]
    if (flag !== undefined && value !== undefined) found.set(flag.name, value)
  }
  return { dir: withHome(found.get('dir')), bootstrapServer: found.get('bootstrap-server') }
}

/** The shell has not expanded a leading `~/` yet when it asks. */
function withHome(path: string | undefined): string | undefined {
  const home = process.env['HOME']
  return path?.startsWith('~/') === true && home !== undefined ? home + path.slice(1) : path
}
