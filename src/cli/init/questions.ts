import { asked } from '../confirmation.ts'
import { visibleText } from '../format/visible-text.ts'

/** Asks at the terminal in which directory the log is. Throws `InterruptedError` when the user left. */
export async function askForDirectory(defaultDirectory: string): Promise<string> {
  const { input } = await import('@inquirer/prompts')
  const question = { message: 'The directory of the log:', default: defaultDirectory, required: true }
  return asked((streams) => input(question, streams))
}

/** Asks whether a file that is there may be replaced. Throws `InterruptedError` when the user left. */
export async function askToReplace(path: string): Promise<boolean> {
  const { confirm } = await import('@inquirer/prompts')
  return asked((streams) => confirm({ message: `Replace ${visibleText(path)}?`, default: false }, streams))
}
