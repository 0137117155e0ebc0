import { parseJavaProperties } from '../storage/java-properties.ts'
import { settingsFiles, type SettingsQuery } from './settings-files.ts'

/** A setting of how a command speaks to people. What a pipe or a script gets depends on no file. */
interface OutputSetting {
  readonly key: string
  readonly values: readonly [string, string]
  /** The flag that a value stands for. */
  readonly flag: { readonly of: string; readonly name: keyof OutputOptions }
}

/** The options that flags and these settings share. */
export interface OutputOptions {
  readonly verbose: boolean
  readonly quiet: boolean
  readonly noColor: boolean
}

const settings: readonly OutputSetting[] = [
  { key: 'color', values: ['auto', 'never'], flag: { of: 'never', name: 'noColor' } },
  { key: 'quiet', values: ['true', 'false'], flag: { of: 'true', name: 'quiet' } },
  { key: 'verbose', values: ['true', 'false'], flag: { of: 'true', name: 'verbose' } },
]

export const outputKeys: readonly string[] = settings.map(({ key }) => key)

export function outputSetting(key: string): OutputSetting | undefined {
  return settings.find((one) => one.key === key)
}

/**
 * `options` with what the settings files say of output, `./tslog.properties` before the user's own. A flag goes before both: with `-v` nothing is
 * quiet, with `-q` nothing verbose.
 */
export function withOutputSettings<Options extends object>(options: Options, query: SettingsQuery): Options {
  const { verbose = false, quiet = false, noColor = false }: Partial<OutputOptions> = options
  const said = saidOfOutput(query)
  return {
    ...options,
    verbose: verbose || (said.verbose && !quiet),
    quiet: quiet || (said.quiet && !verbose),
    noColor: noColor || said.noColor,
  }
}

function saidOfOutput(query: SettingsQuery): OutputOptions {
  const said: { -readonly [Name in keyof OutputOptions]?: boolean } = {}
  for (const { text } of settingsFiles(query)) {
    const properties = parseJavaProperties(text)
    for (const { key, values, flag } of settings) {
      const value = properties.get(key)
      if (value !== undefined && values.includes(value)) said[flag.name] ??= value === flag.of
    }
  }
  return { verbose: false, quiet: false, noColor: false, ...said }
}
