/** Turns text into coloured text, or leaves it alone. */
export type Style = (text: string) => string

/** The few styles that are used; none of them carries meaning that the text does not. */
export interface Palette {
  readonly bold: Style
  readonly dim: Style
  readonly red: Style
  readonly green: Style
  readonly yellow: Style
  readonly cyan: Style
}

export interface ColourQuery {
  /** Of the stream that is written to: stdout and stderr are asked separately. */
  readonly isTerminal: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
  /** `--no-color` was given. */
  readonly noColor?: boolean | undefined
}

/** Colour only on a terminal, and not with `--no-color`, a non-empty `NO_COLOR` (no-color.org) or `TERM=dumb`. */
export function wantsColour({ isTerminal, environment, noColor = false }: ColourQuery): boolean {
  return isTerminal && !noColor && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb'
}

/** The styles, which do nothing when colour is not wanted. */
export function palette(isColoured: boolean): Palette {
  const style = (on: number, off: number): Style =>
    isColoured ? (text) => `\u001b[${on}m${text}\u001b[${off}m` : (text) => text
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
    cyan: style(36, 39),
  }
}
