import { expect, test } from 'vitest'
import { Fuzzing } from './fuzzing.ts'
import { allTargets } from './targets/all-targets.ts'

/** The same inputs each time; `fuzz.ts` goes on for as long as it is let, led by what has run. */
test.each(allTargets)('the parser of $name takes or refuses 1,000 inputs of every kind', (target) => {
  const fuzzing = new Fuzzing({ target, seed: 7 })
  fuzzing.round(1000)
  expect(fuzzing.findings.map(({ reason }) => reason)).toEqual([])
})
