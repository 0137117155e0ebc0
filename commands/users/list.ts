import { systemContext } from '../../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../../src/cli/oclif/tslog-command.ts'
import { usersListSpec } from '../../src/cli/specs/users-list.ts'

export default class UsersList extends TslogCommand {
  static override readonly summary = usersListSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(usersListSpec)

  override async run(): Promise<number> {
    const options = await this.options(usersListSpec)
    const { usersList } = await import('../../src/cli/users-list.ts')
    return usersList(options, systemContext())
  }
}
