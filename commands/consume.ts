import { systemContext } from '../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../src/cli/oclif/tslog-command.ts'
import { consumeSpec } from '../src/cli/specs/consume.ts'

export default class Consume extends TslogCommand {
  static override readonly summary = consumeSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(consumeSpec)

  override async run(): Promise<number> {
    const options = await this.options(consumeSpec)
    const { consume } = await import('../src/cli/consume.ts')
    return consume(options, systemContext())
  }
}
