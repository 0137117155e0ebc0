import { systemContext } from '../../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../../src/cli/oclif/tslog-command.ts'
import { usersDeleteSpec } from '../../src/cli/specs/users-delete.ts'

export default class UsersDelete extends TslogCommand {
  static override readonly summary = usersDeleteSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(usersDeleteSpec)

  override async run(): Promise<number> {
    const options = await this.options(usersDeleteSpec)
    const { usersDelete } = await import('../../src/cli/users-delete.ts')
    return usersDelete(options, systemContext())
  }
}
