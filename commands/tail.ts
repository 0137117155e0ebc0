import { systemContext } from '../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../src/cli/oclif/tslog-command.ts'
import { tailSpec } from '../src/cli/specs/tail.ts'

export default class Tail extends TslogCommand {
  static override readonly summary = tailSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(tailSpec)

  override async run(): Promise<number> {
    const options = await this.options(tailSpec)
    const { tail } = await import('../src/cli/tail.ts')
    return tail(options, systemContext())
  }
}
