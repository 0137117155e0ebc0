import { systemContext } from '../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../src/cli/oclif/tslog-command.ts'
import { dumpSpec } from '../src/cli/specs/dump.ts'

export default class Dump extends TslogCommand {
  static override readonly summary = dumpSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(dumpSpec)

  override async run(): Promise<number> {
    const options = await this.options(dumpSpec)
    const { dump } = await import('../src/cli/dump.ts')
    return dump(options, systemContext())
  }
}
