import { splitCommandLine, wantsHelp, wantsJson } from './cli/command-line.ts'
import type { CliContext } from './cli/context.ts'
import { assertStdoutIsOpen, writeText } from './cli/standard-streams.ts'
import { versionLine } from './cli/version.ts'
import { hotCommands } from './hot-commands.ts'

// Entry of the binary. Only small plain modules are imported above: whatever a command needs beyond them is loaded when it
// is called, so that `tslog produce` in a cron loop costs little more than the runtime's own start.

const argv = process.argv.slice(2)
process.exitCode = await main(argv).catch((error: unknown) => report(error))

/** Runs one command line; resolves to the exit code. */
async function main(words: readonly string[]): Promise<number> {
  const first = words[0]
  if (words.length === 1 && (first === '--version' || first === '-V')) return print(`${versionLine()}\n`)
  if (first === '__complete')
    return (await import('./cli/completion/complete.ts')).complete(words.slice(1), await context())
  const { name, rest } = splitCommandLine(words)
  if (name !== 'produce') assertStdoutIsOpen()
  const hot = name === undefined || !Object.hasOwn(hotCommands, name) ? undefined : hotCommands[name]
  return (await hot?.run(rest, context)) ?? runOther(words)
}

/** Help, wrong command names, and every command that the fast parser does not take. */
async function runOther(words: readonly string[]): Promise<number> {
  if (words.length === 0 || wantsHelp(words) || words[0] === 'help') {
    return print(await (await import('./cli/help/help-text.ts')).helpText(words))
  }
  const { name, rest, group } = splitCommandLine(words)
  const { commandTable } = await import('./cli/command-table.ts')
  if (name === undefined || !commandTable.some((entry) => entry.name === name)) {
    if (name !== undefined && name === group?.name && rest.every((word) => !word.startsWith('-'))) {
      return print(await (await import('./cli/help/help-text.ts')).helpText(words))
    }
    throw (await import('./cli/unknown-command.ts')).unknownCommand(words)
  }
  return (await import('./oclif-main.ts')).oclifMain(name, rest)
}

function print(text: string): number {
  assertStdoutIsOpen()
  writeText(1, text)
  return 0
}

async function context(): Promise<CliContext> {
  return (await import('./cli/context.ts')).systemContext()
}

async function report(error: unknown): Promise<number> {
  const { reportError } = await import('./cli/report-error.ts')
  return reportError(error, { json: wantsJson(argv) })
}
