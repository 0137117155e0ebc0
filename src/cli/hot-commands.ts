import type { CliContext } from './context.ts'
import { fastParse } from './fast-parse.ts'
import type { CommandSpec, OptionsOf } from './command-spec.ts'
import { optionsOf } from './options-of.ts'

/** A command whose plain shapes go around oclif. */
export interface HotCommand {
  readonly loadSpec: () => Promise<CommandSpec>
  /** Runs `argv`, or returns undefined at once when the fast parser leaves it to oclif. */
  readonly run: (argv: readonly string[], context: () => Promise<CliContext>) => Promise<number | undefined>
}

/** What pipes and cron jobs call again and again. Their modules, and nothing else, are loaded then. */
export const hotCommands: Readonly<Record<string, HotCommand>> = {
  produce: hot(
    async () => (await import('./specs/produce.ts')).produceSpec,
    async () => (await import('./produce.ts')).produce,
  ),
  consume: hot(
    async () => (await import('./specs/consume.ts')).consumeSpec,
    async () => (await import('./consume.ts')).consume,
  ),
  tail: hot(
    async () => (await import('./specs/tail.ts')).tailSpec,
    async () => (await import('./tail.ts')).tail,
  ),
  'topics list': hot(
    async () => (await import('./specs/topics-list.ts')).topicsListSpec,
    async () => (await import('./topics-list.ts')).topicsList,
  ),
  offsets: hot(
    async () => (await import('./specs/offsets.ts')).offsetsSpec,
    async () => (await import('./offsets.ts')).offsets,
  ),
}

function hot<Spec extends CommandSpec>(
  loadSpec: () => Promise<Spec>,
  loadUseCase: () => Promise<(options: OptionsOf<Spec>, context: CliContext) => Promise<number>>,
): HotCommand {
  return {
    loadSpec,
    run: async (argv, context) => {
      const spec = await loadSpec()
      const parsed = fastParse(spec, argv)
      if (parsed === undefined) return undefined
      const options = optionsOf(spec, parsed)
      const useCase = await loadUseCase()
      return useCase(options, await context())
    },
  }
}
