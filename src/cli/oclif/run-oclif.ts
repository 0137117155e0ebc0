import { format } from 'node:util'
import { Config, run } from '@oclif/core'
import type { Command, Interfaces } from '@oclif/core'
import { writeText } from '../standard-streams.ts'
import { version } from '../version.ts'

/** The module of each command class by the command's name, such as `topics list`; loaded when that command is called. */
export type CommandModules = Readonly<Record<string, () => Promise<{ default: Command.Class }>>>

/**
 * Runs one command through oclif and returns the exit code that it came to. Oclif is given an in-memory plugin, so that it
 * reads no package.json, no manifest and no settings of the user.
 */
export async function runOclif(name: string, argv: readonly string[], modules: CommandModules): Promise<number> {
  tameOclif()
  const plugin = memoryPlugin(modules)
  const exitCode: unknown = await run([commandId(name), ...argv], {
    root: plugin.root,
    pjson: plugin.pjson,
    plugins: new Map([[plugin.name, plugin]]),
    userPlugins: false,
    devPlugins: false,
  })
  return typeof exitCode === 'number' ? exitCode : 0
}

/** Takes back what oclif does to the process that a tool in a pipe must not do. */
function tameOclif(): void {
  // Oclif swallows EPIPE: a command whose reader has gone would run for ever. Records go to fd 1, so here it is final.
  process.stdout.removeAllListeners('error')
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  // Bun 1.4 writes console.error() without arguments to stdout.
  Object.assign(console, { error: (...values: unknown[]) => writeText(2, `${format(...values)}\n`) })
  // No look-up of a theme in the user's home.
  Config.prototype.loadTheme = () => Promise.resolve(undefined)
}

function memoryPlugin(modules: CommandModules): Interfaces.Plugin {
  const pjson: Interfaces.PJSON = {
    name: 'tslog',
    version: version(),
    type: 'module',
    oclif: {
      bin: 'tslog',
      dirname: 'tslog',
      // Names come in as ids already; with a space oclif would take operands for parts of the name.
      topicSeparator: ':',
      commands: { strategy: 'explicit', target: '-', identifier: 'COMMANDS' },
    },
  }
  const root = process.execPath
  const ids = Object.keys(modules).map(commandId)
  const find = async (id: string): Promise<Command.Class> => {
    const load = modules[id.replaceAll(':', ' ')]
    if (load === undefined) throw new Error(`command ${id} is not in the table`)
    const { default: loaded } = await load()
    loaded.id = id
    return loaded
  }
  return {
    _base: '@oclif/core',
    alias: pjson.name,
    name: pjson.name,
    version: pjson.version,
    pjson,
    root,
    options: { root },
    isRoot: true,
    valid: true,
    type: 'core',
    moduleType: 'module',
    hasManifest: true,
    hooks: {},
    topics: [],
    commandsDir: undefined,
    commandIDs: ids,
    commands: ids.map((id) => loadable(id, () => find(id))),
    load: () => Promise.resolve(),
    findCommand: find,
  }
}

/** What oclif wants to know of a command before it is loaded. Flags and help are not asked for: our own help shows them. */
function loadable(id: string, load: () => Promise<Command.Class>): Command.Loadable {
  return {
    id,
    load,
    args: {},
    flags: {},
    aliases: [],
    hiddenAliases: [],
    hidden: false,
    pluginAlias: 'tslog',
    pluginName: 'tslog',
    pluginType: 'core',
    strict: true,
    hasDynamicHelp: false,
  }
}

function commandId(name: string): string {
  return name.replaceAll(' ', ':')
}
