import { AssertionError } from '../base/assert.ts'
import { errorCode, TslogError } from '../base/errors.ts'
import { ExitCode, exitCodeOf } from './exit-code.ts'
import { visibleText } from './format/visible-text.ts'
import { ReaderGoneError } from './output.ts'
import { writeMessage } from './standard-streams.ts'

export interface ErrorReport {
  /** What goes to stderr; empty when there is nothing to say. */
  readonly text: string
  readonly exitCode: number
}

/** Says on stderr what went wrong and returns the exit code. A reader that has gone away is not an error. */
export function reportError(error: unknown, { json }: { readonly json: boolean }): number {
  const { text, exitCode } = describeError(error, { json, withStack: process.env['TSLOG_DEBUG'] === '1' })
  if (text !== '') writeMessage(2, text)
  return exitCode
}

/** `tslog: MESSAGE` and, on a second line, the hint; or with `json` one object on one line. */
export function describeError(
  error: unknown,
  { json, withStack = false }: { readonly json: boolean; readonly withStack?: boolean },
): ErrorReport {
  if (isReaderGone(error)) return { text: '', exitCode: ExitCode.done }
  const exitCode = exitCodeOf(error)
  const { message, hint } = messageOf(error)
  const stack = withStack && error instanceof Error ? `${error.stack ?? ''}\n` : ''
  if (json) {
    const facts = { message, ...(hint === undefined ? {} : { hint }), name: nameOf(error), exitCode }
    return { text: `${JSON.stringify({ error: facts })}\n`, exitCode }
  }
  const lines = [`tslog: ${oneLine(message)}`, ...(hint === undefined ? [] : [`  ${oneLine(hint)}`])]
  return { text: `${lines.join('\n')}\n${stack}`, exitCode }
}

/** Only writes to standard streams give a bare EPIPE; those of files and sockets come wrapped. */
function isReaderGone(error: unknown): boolean {
  return error instanceof ReaderGoneError || (!(error instanceof TslogError) && errorCode(error) === 'EPIPE')
}

function messageOf(error: unknown): { message: string; hint?: string | undefined } {
  if (error instanceof TslogError) return { message: error.message, hint: error.hint }
  if (errorCode(error) !== '' && error instanceof Error) return { message: systemMessage(error) }
  const message = error instanceof Error ? error.message : String(error)
  const kind = error instanceof AssertionError ? 'broken invariant' : 'internal error'
  return { message: `${kind}: ${message}`, hint: 'this is a bug in tslog; TSLOG_DEBUG=1 shows where' }
}

/** Node's `ENOSPC: no space left on device, write` without the machine's part. */
function systemMessage(error: Error): string {
  const match = /^(E[A-Z0-9]+): (.*), (\w+)(.*)$/s.exec(error.message)
  return match === null ? error.message : `cannot ${match[3]}${match[4]}: ${match[2]} (${match[1]})`
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Error'
}

/** A message may quote bytes of the user's: no control character reaches the terminal. */
function oneLine(text: string): string {
  return visibleText(text.replace(/\s*\n\s*/g, ' '))
}
