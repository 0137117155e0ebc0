import { systemContext } from '../../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../../src/cli/oclif/tslog-command.ts'
import { groupsDescribeSpec } from '../../src/cli/specs/groups-describe.ts'

export default class GroupsDescribe extends TslogCommand {
  static override readonly summary = groupsDescribeSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(groupsDescribeSpec)

  override async run(): Promise<number> {
    const options = await this.options(groupsDescribeSpec)
    const { groupsDescribe } = await import('../../src/cli/groups-describe.ts')
    return groupsDescribe(options, systemContext())
  }
}
