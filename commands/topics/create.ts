import { systemContext } from '../../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../../src/cli/oclif/tslog-command.ts'
import { topicsCreateSpec } from '../../src/cli/specs/topics-create.ts'

export default class TopicsCreate extends TslogCommand {
  static override readonly summary = topicsCreateSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(topicsCreateSpec)

  override async run(): Promise<number> {
    const options = await this.options(topicsCreateSpec)
    const { topicsCreate } = await import('../../src/cli/topics-create.ts')
    return topicsCreate(options, systemContext())
  }
}
