/** Places that a text takes on a terminal; never less than it does. What is East Asian, or a picture, takes two each. */
export function placesOf(text: string): number {
  let places = 0
  for (const character of text) places += placesOfCharacter(character)
  return places
}

/** A text in lines of at most `width` places, broken between words; a word that is longer is cut. */
export function linesOf(text: string, width: number): string {
  if (placesOf(text) <= width) return text
  const lines: string[] = []
  let line: string | undefined
  for (const word of text.split(' ').flatMap((one) => cut(one, width))) {
    const longer: string = line === undefined ? word : `${line} ${word}`
    if (line === undefined || placesOf(longer) <= width) line = longer
    else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line ?? ''].join('\n')
}

function cut(word: string, width: number): string[] {
  if (placesOf(word) <= width) return [word]
  const pieces: string[] = []
  let piece = ''
  for (const character of word) {
    if (piece !== '' && placesOf(piece + character) > width) {
      pieces.push(piece)
      piece = ''
    }
    piece += character
  }
  return [...pieces, piece]
}

/** What combines with others is counted too: a column is a little wider than it must be then. */
function placesOfCharacter(character: string): number {
  const code = character.codePointAt(0) ?? 0
  const isNarrow = code < 0x1100 || (code >= 0x1160 && code < 0x231a)
  return isNarrow ? 1 : 2
}
