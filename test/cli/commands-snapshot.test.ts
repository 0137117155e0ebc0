import { expect, test } from 'vitest'
import { commandGroups } from '../../src/cli/command-groups.ts'
import { allSpecs } from '../../src/cli/command-table.ts'
import { flagUsage, usageOf } from '../../src/cli/help/usage-line.ts'

/** The surface that scripts rely on: usage lines, flags with their values, aliases and defaults. */
async function surface(): Promise<unknown> {
  const commands = (await allSpecs()).map((spec) => [
    usageOf(spec),
    Object.fromEntries(
      Object.entries(spec.flags)
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, flag]) => [
          flagUsage(name, flag, false),
          {
            kind: flag.kind,
            ...(flag.kind !== 'bool' && flag.repeated === true ? { repeated: true } : {}),
            ...(flag.default === undefined ? {} : { default: flag.default }),
            ...(flag.kind === 'choice' ? { options: flag.options } : {}),
            ...(flag.hidden === true ? { hidden: true } : {}),
            ...('aliases' in flag ? { aliases: flag.aliases } : {}),
            ...('charAliases' in flag ? { charAliases: flag.charAliases } : {}),
          },
        ]),
    ),
  ])
  return {
    aliases: Object.fromEntries(commandGroups.map(({ name, alias }) => [alias, name])),
    commands: Object.fromEntries(commands),
  }
}

test('commands and flags are those of the snapshot: a removed or changed one breaks scripts', async () => {
  await expect(`${JSON.stringify(await surface(), null, 2)}\n`).toMatchFileSnapshot('command-snapshot.json')
})
