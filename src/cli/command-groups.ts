/** A word with commands under it. */
export interface CommandGroup {
  readonly name: string
  /** What it also answers to. */
  readonly alias: string
}

export const commandGroups: readonly CommandGroup[] = [
  { name: 'topics', alias: 'topic' },
  { name: 'groups', alias: 'group' },
  { name: 'users', alias: 'user' },
]

/** The group that goes by `word`. A loop, since every start comes by here, and the engine compiles `find` first. */
export function groupNamed(word: string): CommandGroup | undefined {
  for (const group of commandGroups) if (group.name === word || group.alias === word) return group
  return undefined
}
