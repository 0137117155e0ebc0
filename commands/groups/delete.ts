import { systemContext } from '../../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../../src/cli/oclif/tslog-command.ts'
import { groupsDeleteSpec } from '../../src/cli/specs/groups-delete.ts'

export default class GroupsDelete extends TslogCommand {
  static override readonly summary = groupsDeleteSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(groupsDeleteSpec)

  override async run(): Promise<number> {
    const options = await this.options(groupsDeleteSpec)
    const { groupsDelete } = await import('../../src/cli/groups-delete.ts')
    return groupsDelete(options, systemContext())
  }
}
