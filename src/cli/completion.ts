import { completionScript } from './completion/completion-script.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import { ExitCode } from './exit-code.ts'
import type { completionSpec } from './specs/completion.ts'
import { writeText } from './standard-streams.ts'

/** Prints the script that teaches a shell to complete our command lines. */
export function completion(options: OptionsOf<typeof completionSpec>, context: CliContext): Promise<number> {
  const script = completionScript(options.shell)
  writeText(context.stdout, options.json ? `${JSON.stringify({ shell: options.shell, script })}\n` : script)
  return Promise.resolve(ExitCode.done)
}
