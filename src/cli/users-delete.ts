import { NotFoundError } from '../base/errors.ts'
import type { OptionsOf } from './command-spec.ts'
import { isConfirmed } from './confirmation.ts'
import type { CliContext } from './context.ts'
import { printJson, say } from './results.ts'
import type { usersDeleteSpec } from './specs/users-delete.ts'
import { quoted } from './format/visible-text.ts'
import { openUsers } from './users/user-admin.ts'

export type UsersDeleteOptions = OptionsOf<typeof usersDeleteSpec>

/** Lets users log in no more. */
export async function usersDelete(options: UsersDeleteOptions, context: CliContext): Promise<number> {
  const { users: names, dryRun, yes } = options
  const users = await openUsers(options, context, { isWriting: !dryRun })
  try {
    const all = await users.all()
    const missing = names.find((name) => all.every(({ user }) => user !== name))
    if (missing !== undefined)
      throw new NotFoundError(`there is no user ${quoted(missing)}`, { hint: 'tslog users list' })
    const example = `tslog users delete ${names.join(' ')} --yes`
    if (!dryRun && !(await isConfirmed({ text: `delete ${names.join(', ')}?`, example, yes }, context))) return 0
    const removed = all.filter(({ user }) => names.includes(user))
    if (!dryRun) await users.remove(removed)
    if (options.json) printJson({ users: names, dryRun }, context)
    else say(`${dryRun ? 'would delete' : 'deleted'} ${names.join(', ')}`, options, context)
    return 0
  } finally {
    users.close()
  }
}
