import { UsageError } from '../../base/errors.ts'
import type { CliContext } from '../context.ts'
import { ExitCode } from '../exit-code.ts'
import { directoryOptions } from '../open-store.ts'
import { peersDirectoryLeader, storeGroupsIn } from './directory-ends.ts'
import { PeerLink } from './peer-link.ts'
import { PipeStream } from './pipe-stream.ts'
import { answerPeer } from './sessions.ts'

/** `tslog __replicate DIR`: the far side of an ssh. Speaks over its standard streams; what it fails with travels. */
export async function farSide(words: readonly string[], context: CliContext): Promise<number> {
  const [path] = words
  if (path === undefined || words.length > 1 || path.startsWith('-')) {
    throw new UsageError('this is the far side of tslog replicate', {
      hint: 'tslog replicate app-logs ssh://log@host/srv/logs',
    })
  }
  const directory = directoryOptions({ dir: path, bootstrapServer: undefined }, context)
  const link = new PeerLink(new PipeStream('the caller', 0, 1), false)
  await answerPeer(link, {
    openLeader: (windows) => peersDirectoryLeader(directory, windows),
    seat: { directory, storeGroups: (groups) => storeGroupsIn(directory, groups) },
  })
  return ExitCode.done
}
