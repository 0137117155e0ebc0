import { ExitCode } from './exit-code.ts'
import { visibleText } from './format/visible-text.ts'

/** Damage that a command met and went on behind, as stderr hears it: the way errors are told, and so also with --quiet. */
export function damageMessage(text: string, isJson: boolean): string {
  if (!isJson) return `tslog: ${visibleText(text)}\n`
  return `${JSON.stringify({ error: { message: text, name: 'CorruptSegmentError', exitCode: ExitCode.damaged } })}\n`
}
