import { splitCommandLine, wantsHelp, wantsJson } from './cli/command-line.ts'
import { hotCommands, loadFarSide } from './cli/hot-commands.ts'
import { assertStdoutIsOpen, writeText } from './cli/standard-streams.ts'
import { endStartUp } from './cli/start-up.ts'
import { versionLine } from './cli/version.ts'

// Entry of the binary. Only small plain modules are imported above: whatever a command needs beyond them is loaded when it
// is called, so that `tslog produce` in a cron loop costs little more than the runtime's own start.

/** Most calls of these are over before compiled code would be of use; where there is more to do, they end the start-up themselves. */
const shortCommands: ReadonlySet<string> = new Set(['', 'help', 'consume', 'offsets'])

const argv = process.argv.slice(2)
// Everything was written by calls that block, so nothing is lost; and the runtime spends a millisecond less on its end.
process.exit(await main(argv).catch((error: unknown) => report(error)))

/** Runs one command line; resolves to the exit code. */
async function main(words: readonly string[]): Promise<number> {
  const first = words[0]
  if (words.length === 1 && (first === '--version' || first === '-V')) return print(`${versionLine()}\n`)
  if (first === '__complete') return complete(words.slice(1))
  if (first === '__replicate') return replicateFarSide(words.slice(1))
  const { name = '', rest } = splitCommandLine(words)
  if (name !== 'produce') assertStdoutIsOpen()
  if (!shortCommands.has(name)) endStartUp()
  return (await runHot(name, rest)) ?? runOther(words)
}

/** Undefined for what is not hot, or not plain enough. */
async function runHot(name: string, rest: readonly string[]): Promise<number | undefined> {
  const load = Object.hasOwn(hotCommands, name) ? hotCommands[name] : undefined
  const run = await load?.()
  return run?.(rest)
}

/** Help, wrong command names, and every command line that the fast parser leaves alone. */
async function runOther(words: readonly string[]): Promise<number> {
  const { name = '', rest, group, hasOnlyGlobalFlags } = splitCommandLine(words)
  const isGroupAlone = name === group?.name && hasOnlyGlobalFlags
  if (words.length === 0 || name === 'help' || isGroupAlone || wantsHelp(words)) return help(words)
  const { commandModules } = await import('../commands/command-modules.ts')
  if (!Object.hasOwn(commandModules, name)) throw (await import('./cli/unknown-command.ts')).unknownCommand(words)
  return (await import('./cli/oclif/run-oclif.ts')).runOclif(name, rest, commandModules)
}

async function help(words: readonly string[]): Promise<number> {
  return print(await (await import('./cli/help/help-text.ts')).helpText(words))
}

async function complete(words: readonly string[]): Promise<number> {
  const { systemContext } = await import('./cli/context.ts')
  return (await import('./cli/completion/complete.ts')).complete(words, systemContext())
}

/** What `tslog replicate` calls on the other end of an ssh. */
async function replicateFarSide(words: readonly string[]): Promise<number> {
  endStartUp()
  const { systemContext } = await import('./cli/context.ts')
  return (await loadFarSide())(words, systemContext())
}

function print(text: string): number {
  assertStdoutIsOpen()
  writeText(1, text)
  return 0
}

async function report(error: unknown): Promise<number> {
  return (await import('./cli/report-error.ts')).reportError(error, { json: wantsJson(argv) })
}
