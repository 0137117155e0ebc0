/** How help is laid out: for a terminal or for a pipe. */
export interface TextStyle {
  /** Columns to fill at most. */
  readonly width: number
  /** Whether headings may be bold. */
  readonly isBold: boolean
}

/** The style for stdout: 80 columns and no escape codes in a pipe, the terminal's width (at most 100) on a terminal. */
export function stdoutStyle(environment: Readonly<Record<string, string | undefined>>): TextStyle {
  const isTerminal = process.getBuiltinModule('node:tty').isatty(1)
  if (!isTerminal) return { width: 80, isBold: false }
  const isPlain = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb'
  return { width: Math.min(100, Math.max(40, process.stdout.columns)), isBold: !isPlain }
}

/** A heading of a section. */
export function heading(text: string, style: TextStyle): string {
  return style.isBold ? `\u001b[1m${text}\u001b[22m` : text
}

/** Breaks `text` at spaces into lines of at most `width`, each behind `indent` spaces. A longer word stands alone. */
export function wrap(text: string, width: number, indent: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  lines.push(line)
  return lines.map((content) => ' '.repeat(indent) + content)
}

/** Two columns: names on the left, wrapped text on the right; a name that is too long gets a line of its own. */
export function columns(rows: readonly (readonly [string, string])[], style: TextStyle, leftWidth: number): string[] {
  return rows.flatMap(([name, text]) => {
    const right = wrap(text, style.width, leftWidth)
    const left = `  ${name}`
    if (left.length + 2 > leftWidth) return [left, ...right]
    return [left.padEnd(leftWidth) + (right[0] ?? '').slice(leftWidth), ...right.slice(1)]
  })
}
