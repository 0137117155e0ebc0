import type { CliContext } from './context.ts'

/** Characters of a line on standard output: what the terminal shows, and 60 where there is none. */
export function outputWidth(context: CliContext): number {
  if (!context.isTerminal(context.stdout)) return 60
  const columns = Number(context.environment['COLUMNS'] ?? process.stdout.columns)
  return Number.isInteger(columns) && columns >= 20 && columns <= 1000 ? columns : 80
}
