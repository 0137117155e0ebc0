import { InterruptedError, UsageError } from '../base/errors.ts'
import type { CliContext } from './context.ts'
import { visibleText } from './format/visible-text.ts'

export interface Question {
  /** What will be lost, as a question: `delete 2 topics with 10 records?` */
  readonly text: string
  /** A command line that would have done it without asking. */
  readonly example: string
  /** `--yes` was given. */
  readonly yes: boolean
}

/**
 * Whether the user wants it: `--yes`, or a yes at the terminal. Throws `UsageError` naming the flag where nobody can be asked,
 * `InterruptedError` when the user left with Ctrl-C.
 */
export async function isConfirmed({ text, example, yes }: Question, context: CliContext): Promise<boolean> {
  if (yes) return true
  if (!canAsk(context)) {
    throw new UsageError('there is no terminal to ask on: --yes is needed', {
      hint: example,
    })
  }
  const { confirm } = await import('@inquirer/prompts')
  return asked(() => confirm({ message: visibleText(text), default: false }, promptStreams()))
}

/** Whether there is somebody to answer: both streams that a prompt uses are terminals. */
export function canAsk(context: CliContext): boolean {
  return context.isTerminal(context.stdin) && context.isTerminal(context.stderr)
}

/** Prompts go to stderr: stdout is for results. */
export function promptStreams(): { input: NodeJS.ReadableStream; output: NodeJS.WritableStream } {
  return { input: process.stdin, output: process.stderr }
}

/** The answer. Throws `InterruptedError` when the user left the prompt with Ctrl-C or closed the terminal. */
export async function asked<T>(prompt: () => Promise<T>): Promise<T> {
  try {
    return await prompt()
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError') {
      throw new InterruptedError('stopped at the question; nothing was changed', { cause: error })
    }
    throw error
  }
}
