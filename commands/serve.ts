import { systemContext } from '../src/cli/context.ts'
import { oclifArgs, oclifFlags } from '../src/cli/oclif/oclif-flags.ts'
import { TslogCommand } from '../src/cli/oclif/tslog-command.ts'
import { serveSpec } from '../src/cli/specs/serve.ts'

export default class Serve extends TslogCommand {
  static override readonly summary = serveSpec.summary
  static override readonly args = oclifArgs()
  static override readonly flags = oclifFlags(serveSpec)

  override async run(): Promise<number> {
    const options = await this.options(serveSpec)
    const { serve } = await import('../src/cli/serve.ts')
    return serve(options, systemContext())
  }
}
