import { systemContext } from '../../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../../src/cli/oclif/tslog-command.ts'
import { topicsTrimSpec } from '../../src/cli/specs/topics-trim.ts'

export default class TopicsTrim extends TslogCommand {
  static override readonly summary = topicsTrimSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(topicsTrimSpec)

  override async run(): Promise<number> {
    const options = await this.options(topicsTrimSpec)
    const { topicsTrim } = await import('../../src/cli/topics-trim.ts')
    return topicsTrim(options, systemContext())
  }
}
