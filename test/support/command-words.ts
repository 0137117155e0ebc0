import fc from 'fast-check'
import type { CommandSpec, FlagSpec } from '../../src/cli/command-spec.ts'

/** Words as people, scripts and fuzzers put them behind a command: right ones, half right ones and noise. */
export function commandWords(spec: CommandSpec): fc.Arbitrary<string[]> {
  const piece = fc.oneof(
    { weight: 6, arbitrary: flagPiece(spec) },
    { weight: 3, arbitrary: fc.constantFrom('app-logs', 'hosts', 'file.txt', 'app-logs', '0').map((word) => [word]) },
    { weight: 1, arbitrary: oddWord.map((word) => [word]) },
  )
  return fc.array(piece, { maxLength: 6, size: 'max' }).map((pieces) => pieces.flat())
}

const oddWord = fc.oneof(
  fc.constantFrom(
    '',
    '-',
    '--',
    '---',
    '-1',
    '-10',
    '--=',
    '-=',
    '--no-',
    '--help',
    '-h',
    '-eq',
    '--constructor',
    '=x',
  ),
  fc.string({ maxLength: 4 }),
  fc.string({ maxLength: 3 }).map((text) => `-${text}`),
  fc.string({ maxLength: 5 }).map((text) => `--${text}`),
)

function flagPiece(spec: CommandSpec): fc.Arbitrary<string[]> {
  return fc.constantFrom(...Object.entries(spec.flags)).chain(([name, flag]) =>
    fc.tuple(spelling(name, flag), value(flag), fc.integer({ min: 0, max: 9 })).map(([typed, text, shape]) => {
      if (flag.kind === 'bool') return shape === 0 ? [`${typed}=${text}`] : [typed]
      if (shape === 0) return [typed]
      if (shape < 3) return [`${typed}=${text}`]
      return shape < 5 && !typed.startsWith('--') ? [`${typed}${text}`] : [typed, text]
    }),
  )
}

function spelling(name: string, flag: FlagSpec): fc.Arbitrary<string> {
  const letters = [flag.char, ...(flag.charAliases ?? [])].filter((letter) => letter !== undefined)
  const names = [name, ...(flag.aliases ?? []), `no-${name}`]
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(`--${name}`, ...letters.map((letter) => `-${letter}`)) },
    { weight: 1, arbitrary: fc.constantFrom(...names).map((word) => `--${word}`) },
  )
}

function value(flag: FlagSpec): fc.Arbitrary<string> {
  const right = flag.kind === 'bool' ? ['true'] : [flag.example.replaceAll('"', '')]
  const options = flag.kind === 'choice' ? flag.options : []
  return fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...right, ...options) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        '0',
        '1',
        '-1',
        '-10',
        '007',
        '+5',
        '1e3',
        '99999999999999999999',
        '1.5s',
        '64k',
        '-0',
      ),
    },
    { weight: 1, arbitrary: oddWord },
  )
}
