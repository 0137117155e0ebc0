import { systemContext } from '../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../src/cli/oclif/tslog-command.ts'
import { completionSpec } from '../src/cli/specs/completion.ts'

export default class Completion extends TslogCommand {
  static override readonly summary = completionSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(completionSpec)

  override async run(): Promise<number> {
    const options = await this.options(completionSpec)
    const { completion } = await import('../src/cli/completion.ts')
    return completion(options, systemContext())
  }
}
