import { Command } from '@oclif/core'
import type { CommandSpec, OptionsOf } from '../command-spec.ts'
import { systemContext } from '../context.ts'
import type { ParsedCommandLine } from '../fast-parse.ts'
import type { FlagValue } from '../flag-value.ts'
import { settingsQuery } from '../location-files.ts'
import { optionsOf } from '../options-of.ts'
import { withOutputSettings } from '../output-settings.ts'
import { misreadWord } from './misread-word.ts'
import { usageErrorOf } from './usage-errors.ts'

/** Base of the command classes: `run` parses, calls one use case and returns its exit code. */
export abstract class TslogCommand extends Command {
  /** The command line, and what settings files say of output, as the plain object that the use case takes. Throws `UsageError`. */
  protected async options<Spec extends CommandSpec>(spec: Spec): Promise<OptionsOf<Spec>> {
    return withOutputSettings(optionsOf(spec, await this.#commandLine(spec)), settingsQuery(systemContext()))
  }

  async #commandLine(spec: CommandSpec): Promise<ParsedCommandLine> {
    const misread = misreadWord(spec, this.argv)
    if (misread !== undefined) throw misread
    try {
      const { args, flags } = await this.parse()
      const operands: unknown = args['operands'] ?? []
      return {
        operands: operands as string[],
        flags: flags as Record<string, FlagValue | FlagValue[]>,
      }
    } catch (error) {
      throw usageErrorOf(spec, error)
    }
  }

  /** Oclif's own would print and choose exit codes; ours are made in one place. */
  protected override catch(error: Error): Promise<never> {
    return Promise.reject(error)
  }
}
