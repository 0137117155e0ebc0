import type { CommandSpec, OptionsOf } from './command-spec.ts'
import { type CliContext, systemContext } from './context.ts'
import { fastParse } from './fast-parse.ts'
import { settingsQuery } from './location-files.ts'
import { optionsOf } from './options-of.ts'
import { withOutputSettings } from './output-settings.ts'

/** Runs the words after a command's name, or returns undefined at once when the fast parser leaves them to oclif. */
export type HotCommand = (argv: readonly string[]) => Promise<number> | undefined

/** A use case behind the fast parser. */
export function hotCommand<Spec extends CommandSpec>(
  spec: Spec,
  useCase: (options: OptionsOf<Spec>, context: CliContext) => Promise<number>,
): HotCommand {
  return (argv) => {
    const parsed = fastParse(spec, argv)
    if (parsed === undefined) return undefined
    const context = systemContext()
    return useCase(withOutputSettings(optionsOf(spec, parsed), settingsQuery(context)), context)
  }
}
