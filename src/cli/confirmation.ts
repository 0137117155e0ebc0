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
 * `InterruptedError` when the user left the question.
 */
export async function isConfirmed({ text, example, yes }: Question, context: CliContext): Promise<boolean> {
  if (yes) return true
  if (!canAsk(context)) {
    throw new UsageError('there is no terminal to ask on: --yes is needed', {
      hint: example,
    })
  }
  const { confirm } = await import('@inquirer/prompts')
  return asked((streams) => confirm({ message: visibleText(text), default: false }, streams))
}

/** Whether there is somebody to answer: both streams that a prompt uses are terminals. */
export function canAsk(context: CliContext): boolean {
  return context.isTerminal(context.stdin) && context.isTerminal(context.stderr)
}

/** Where a prompt reads and writes, and what ends it. */
interface PromptStreams {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
  readonly signal: AbortSignal
}

/**
 * The answer to a prompt, which goes to stderr: stdout is for results. Throws `InterruptedError` when the user left it with
 * Ctrl-C or Ctrl-D, or closed the terminal.
 */
export async function asked<T>(prompt: (streams: PromptStreams) => Promise<T>): Promise<T> {
  const { stdin: input, stderr: output } = process
  const leaving = new AbortController()
  const leave = (): void => leaving.abort()
  // Ctrl-D closes the line editor, which pauses its input and tells the prompt nothing: it would wait for ever.
  input.once('pause', leave)
  try {
    return await prompt({ input, output, signal: leaving.signal })
  } catch (error) {
    if (error instanceof Error && (error.name === 'ExitPromptError' || error.name === 'AbortPromptError')) {
      throw new InterruptedError('stopped at the question; nothing was changed', { cause: error })
    }
    throw error
  } finally {
    input.off('pause', leave)
  }
}
