import { expect, test } from 'vitest'
import { BinaryLog } from '../../support/binary-log.ts'
import { runShell } from '../../support/run-binary.ts'

test.each([9, 11])('where %i files may be open an ssh that cannot be run is told as such', (count) => {
  const log = new BinaryLog()
  log.done(['produce', 't'], 'a\n')
  const ssh = '--ssh-command /bin/cat'
  const run = runShell(`ulimit -n ${count}; "$tslog" replicate t ssh://host/tmp/copy ${ssh}`, log.directory)
  expect(run.code).toBeOneOf([1, 75])
  expect(run.stderr).toMatch(/no pipe to ssh|cannot run ssh|tslog on host ended/)
})
