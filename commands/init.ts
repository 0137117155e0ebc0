import { systemContext } from '../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../src/cli/oclif/tslog-command.ts'
import { initSpec } from '../src/cli/specs/init.ts'

export default class Init extends TslogCommand {
  static override readonly summary = initSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(initSpec)

  override async run(): Promise<number> {
    const options = await this.options(initSpec)
    const { init } = await import('../src/cli/init.ts')
    return init(options, systemContext())
  }
}
