import { systemContext } from '../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../src/cli/oclif/tslog-command.ts'
import { produceSpec } from '../src/cli/specs/produce.ts'

export default class Produce extends TslogCommand {
  static override readonly summary = produceSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(produceSpec)

  override async run(): Promise<number> {
    const options = await this.options(produceSpec)
    const { produce } = await import('../src/cli/produce.ts')
    return produce(options, systemContext())
  }
}
