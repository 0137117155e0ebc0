import { systemContext } from '../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../src/cli/oclif/tslog-command.ts'
import { verifySpec } from '../src/cli/specs/verify.ts'

export default class Verify extends TslogCommand {
  static override readonly summary = verifySpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(verifySpec)

  override async run(): Promise<number> {
    const options = await this.options(verifySpec)
    const { verify } = await import('../src/cli/verify.ts')
    return verify(options, systemContext())
  }
}
