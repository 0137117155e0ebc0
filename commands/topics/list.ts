import { systemContext } from '../../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../../src/cli/oclif/tslog-command.ts'
import { topicsListSpec } from '../../src/cli/specs/topics-list.ts'

export default class TopicsList extends TslogCommand {
  static override readonly summary = topicsListSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(topicsListSpec)

  override async run(): Promise<number> {
    const options = await this.options(topicsListSpec)
    const { topicsList } = await import('../../src/cli/topics-list.ts')
    return topicsList(options, systemContext())
  }
}
