import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { groupNames } from '../../src/cli/group-names.ts'
import { groupsDelete } from '../../src/cli/groups-delete.ts'
import { groupsDescribe } from '../../src/cli/groups-describe.ts'
import { groupsList } from '../../src/cli/groups-list.ts'
import { groupsReset } from '../../src/cli/groups-reset.ts'
import { groupsDeleteSpec } from '../../src/cli/specs/groups-delete.ts'
import { groupsDescribeSpec } from '../../src/cli/specs/groups-describe.ts'
import { groupsListSpec } from '../../src/cli/specs/groups-list.ts'
import { groupsResetSpec } from '../../src/cli/specs/groups-reset.ts'
import { groupMetadataRecord } from '../../src/coordinator/group-metadata-record.ts'
import { systemContext } from '../../src/cli/context.ts'
import { RecordBatchBuilder } from '../../src/record/record-batch-builder.ts'
import { T0 } from '../support/batches.ts'
import { ScratchLog } from './scratch-log.ts'

/** Topic `t` with three records a second apart in partition 0 and none in 1; group `nightly` has read one of them. */
async function logWithGroup(): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t', 2)
  // One partition is as good as fifty, and made sooner.
  await log.createTopic('__consumer_offsets', 1)
  for (const i of [0, 1, 2]) await log.append('t', 0, { values: [`v${i}`], timestamp: T0 + i * 1000 })
  await commit(log, 'nightly', [1, 0])
  return log
}

const commit = (log: ScratchLog, group: string, offsets: readonly number[]) =>
  log.use((store) =>
    store.groups.commit(
      group,
      offsets.map((at, partition) => ({ topic: 't', partition, offset: offset(at) })),
    ),
  )

const committed = (log: ScratchLog, group = 'nightly') =>
  log.use(async (store) => {
    const offsets = (await store.groups.find(group))?.offsets.get('t')
    return [...(offsets ?? [])].map(([partition, stored]) => [partition, stored.offset])
  })

/** A record as a broker writes it while the group has a member, or bytes that no record has. */
async function appendGroupRecord(
  log: ScratchLog,
  record: { key: Uint8Array; value: Uint8Array | null },
): Promise<void> {
  const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 2 ** 20 })
  builder.append({ ...record, timestamp: T0 })
  await log.appendBytes('__consumer_offsets', 0, builder.build())
}

const membership = groupMetadataRecord('nightly', {
  protocolType: 'consumer',
  generation: 3,
  protocol: 'range',
  leader: 'm-1',
  currentStateTimestamp: T0,
  members: [
    {
      memberId: 'm-1',
      groupInstanceId: null,
      clientId: 'c',
      clientHost: '/10.0.0.1',
      rebalanceTimeout: 1000,
      sessionTimeout: 1000,
      subscription: new Uint8Array(),
      // Version 0: one topic `t` with partition 0, no user data.
      assignment: Uint8Array.from([0, 0, 0, 0, 0, 1, 0, 1, 116, 0, 0, 0, 1, 0, 0, 0, 0, 255, 255, 255, 255]),
    },
  ],
})

describe('groups list', () => {
  test('gives names to a pipe', async () => {
    const log = await logWithGroup()
    await commit(log, 'a', [0])
    expect(await log.run(groupsListSpec, groupsList)).toEqual({ code: 0, stdout: 'a\nnightly\n', stderr: '' })
  })

  test('gives states and lag as JSON and on a terminal', async () => {
    const log = await logWithGroup()
    const { stdout } = await log.run(groupsListSpec, groupsList, { flags: { json: true } })
    expect(JSON.parse(stdout)).toEqual({
      groups: [{ group: 'nightly', type: 'classic', protocolType: '', state: 'Empty', lag: 2 }],
    })
    const shown = await log.run(groupsListSpec, groupsList, { onTerminal: true })
    expect(shown.stdout).toMatch(/│ nightly │ Empty │ +2 │/)
  })

  test('gives nothing where there are no groups, and says that a directory is not there', async () => {
    const log = new ScratchLog()
    expect((await log.run(groupsListSpec, groupsList)).code).toBe(3)
    await log.createTopic('t')
    expect(await log.run(groupsListSpec, groupsList)).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test('is what the completion offers', async () => {
    const log = await logWithGroup()
    const location = { kind: 'directory', path: log.directory, source: 'flag', warnings: [] } as const
    expect(await groupNames(location, systemContext())).toEqual(['nightly'])
  })
})

describe('groups describe', () => {
  test('gives a pipe one line for each partition', async () => {
    const log = await logWithGroup()
    const { stdout } = await log.run(groupsDescribeSpec, groupsDescribe, { operands: ['nightly'] })
    expect(stdout).toBe(`nightly\tt\t0\t1\t3\t2\t-\t-\t-\t${log.now}\nnightly\tt\t1\t0\t0\t0\t-\t-\t-\t${log.now}\n`)
  })

  test('names the members of the records, who are gone when nothing serves the log', async () => {
    const log = await logWithGroup()
    await appendGroupRecord(log, membership)
    const { stdout } = await log.run(groupsDescribeSpec, groupsDescribe, { flags: { json: true } })
    expect(JSON.parse(stdout)).toMatchObject({
      groups: [
        {
          group: 'nightly',
          protocolType: 'consumer',
          protocol: 'range',
          generation: 3,
          state: 'Empty',
          lag: 2,
          partitions: [{ topic: 't', partition: 0, committedOffset: 1, logEndOffset: 3, lag: 2, memberId: 'm-1' }, {}],
          members: [{ memberId: 'm-1', clientId: 'c', clientHost: '/10.0.0.1' }],
        },
      ],
    })
    const shown = await log.run(groupsDescribeSpec, groupsDescribe, { onTerminal: true })
    expect(shown.stdout).toMatch(/nightly {2}empty, classic, consumer\n/)
    expect(shown.stdout).toMatch(/│ m-1 +│ \/10.0.0.1 │ c +│/)
  })

  test('counts from the log start when retention overtook the group, and knows no end of what is gone', async () => {
    const log = await logWithGroup()
    await log.use((store) => store.trim({ topic: 't', partition: 0 }, offset(2)))
    const first = await log.run(groupsDescribeSpec, groupsDescribe, { operands: ['nightly'] })
    expect(first.stdout).toContain('nightly\tt\t0\t1\t3\t1\t')
    await log.use((store) => store.deleteTopic('t'))
    const second = await log.run(groupsDescribeSpec, groupsDescribe, { operands: ['nightly'] })
    expect(second.stdout).toContain('nightly\tt\t0\t1\t-\t-\t')
  })

  test('warns of records that cannot be read, and shows the rest', async () => {
    const log = await logWithGroup()
    await appendGroupRecord(log, { key: Uint8Array.of(0, 1, 0, 99), value: null })
    const { code, stdout, stderr } = await log.run(groupsDescribeSpec, groupsDescribe, { operands: ['nightly'] })
    expect([code, stdout.split('\n').length]).toEqual([0, 3])
    expect(stderr).toMatch(/__consumer_offsets-\d+: 1 records could not be read, the first at offset \d+/)
  })

  test('says that a group is not there, with the nearest name', async () => {
    const log = await logWithGroup()
    const { code, stdout, stderr } = await log.run(groupsDescribeSpec, groupsDescribe, { operands: ['nigthly'] })
    expect([code, stdout, stderr]).toEqual([3, '', expect.stringContaining('did you mean nightly?')])
  })
})

describe('groups reset', () => {
  const reset = (log: ScratchLog, flags: Record<string, string | boolean | number | string[]>, group = 'nightly') =>
    log.run(groupsResetSpec, groupsReset, { operands: [group], flags })

  test.each([
    [{ 'to-earliest': true }, 't\t0\t1\t0\t-\nt\t1\t0\t0\t-\n', 0n],
    [{ 'to-latest': true }, 't\t0\t1\t3\t-\nt\t1\t0\t0\t-\n', 3n],
    [{ 'to-offset': '2', topic: ['t'], partition: ['0'] }, 't\t0\t1\t2\t-\n', 2n],
    [{ 'to-offset': '7', partition: ['0'] }, 't\t0\t1\t3\tbehind the log: its end\n', 3n],
    [{ 'to-datetime': String(T0 + 1500), partition: ['0'] }, 't\t0\t1\t2\t-\n', 2n],
    [{ 'by-duration': 3_600_000, partition: ['0'] }, 't\t0\t1\t0\t-\n', 0n],
    [{ 'by-duration': 1000, partition: ['0'] }, 't\t0\t1\t3\tno record that late: the end\n', 3n],
    [{ 'shift-by': 1, partition: ['0'] }, 't\t0\t1\t2\t-\n', 2n],
    [{ 'shift-by': -9, partition: ['0'] }, 't\t0\t1\t0\tbefore the log: its start\n', 0n],
  ])('%j', async (flags, plan, expected) => {
    const log = await logWithGroup()
    expect(await reset(log, { ...flags, 'dry-run': true })).toEqual({ code: 0, stdout: plan, stderr: '' })
    expect(await committed(log)).toEqual([
      [0, 1n],
      [1, 0n],
    ])
    expect(await reset(log, { ...flags, yes: true })).toEqual({ code: 0, stdout: plan, stderr: '' })
    expect((await committed(log))[0]).toEqual([0, expected])
  })

  test('--json tells before and after', async () => {
    const log = await logWithGroup()
    const { stdout } = await reset(log, { 'to-latest': true, partition: ['0'], yes: true, json: true })
    expect(JSON.parse(stdout)).toEqual({
      group: 'nightly',
      dryRun: false,
      offsets: [{ topic: 't', partition: 0, from: 1, to: 3 }],
    })
  })

  test('a new group is made when the topics are named', async () => {
    const log = await logWithGroup()
    expect((await reset(log, { 'to-latest': true, topic: ['t'], yes: true }, 'fresh')).code).toBe(0)
    expect(await committed(log, 'fresh')).toEqual([
      [0, 3n],
      [1, 0n],
    ])
  })

  test('members of a group that nothing serves do not stand in the way, a running consumer does', async () => {
    const log = await logWithGroup()
    await appendGroupRecord(log, membership)
    expect((await reset(log, { 'to-latest': true, yes: true })).code).toBe(0)
    const store = log.store()
    const hold = await store.groups.hold('nightly')
    const { code, stderr } = await reset(log, { 'to-earliest': true, yes: true })
    expect([code, stderr]).toEqual([6, expect.stringContaining('consumes with group "nightly"')])
    await hold.release()
    store.close()
  })

  test.each([
    [{ 'to-latest': true }, 'nightly', 2, '--yes'],
    [{ 'to-latest': true, yes: true }, 'nigthly', 3, 'did you mean nightly?'],
    [{ 'to-latest': true, yes: true, topic: ['tt'] }, 'nightly', 3, 'did you mean t?'],
    [{ 'to-latest': true, yes: true, topic: ['t'], partition: ['2'] }, 'nightly', 3, 'no partition 2'],
    [{ 'shift-by': 1, yes: true, topic: ['t'] }, 'fresh', 3, 'no committed offset in t:0'],
    [{ 'to-datetime': 'soon', yes: true }, 'nightly', 2, '--to-datetime'],
    [{ yes: true }, 'nightly', 2, 'exactly one of'],
    [{ 'to-latest': true, 'to-earliest': true, yes: true }, 'nightly', 2, 'exactly one of'],
  ])('%j of %s is refused with exit code %i', async (flags, group, code, message) => {
    const log = await logWithGroup()
    const outcome = await reset(log, flags as never, group)
    expect([outcome.code, outcome.stdout, outcome.stderr]).toEqual([code, '', expect.stringContaining(message)])
    expect(await committed(log)).toEqual([
      [0, 1n],
      [1, 0n],
    ])
  })

  test('a topic that is not there makes nothing', async () => {
    const log = new ScratchLog()
    expect((await reset(log, { 'to-latest': true, topic: ['t'], yes: true })).code).toBe(3)
    expect(log.fileSystem.stat(log.directory)).toBeUndefined()
    await log.createTopic('other')
    expect((await reset(log, { 'to-latest': true, topic: ['t'], yes: true })).code).toBe(3)
    expect(readdirSync(log.directory).filter((name) => name.startsWith('__'))).toEqual([])
  })
})

describe('groups delete', () => {
  const remove = (log: ScratchLog, operands: string[], flags = {}) =>
    log.run(groupsDeleteSpec, groupsDelete, { operands, flags })

  test('forgets all that is known of a group', async () => {
    const log = await logWithGroup()
    await appendGroupRecord(log, membership)
    expect(await remove(log, ['nightly'], { 'dry-run': true })).toEqual({ code: 0, stdout: 'nightly\t2\n', stderr: '' })
    expect(await remove(log, ['nightly'], { yes: true })).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await log.use((store) => store.groups.find('nightly'))).toBeUndefined()
  })

  test('deletes nothing when one is not there, in use, or nobody was asked', async () => {
    const log = await logWithGroup()
    await commit(log, 'other', [1])
    expect((await remove(log, ['nightly', 'othr'], { yes: true })).code).toBe(3)
    expect((await remove(log, ['nightly'])).code).toBe(2)
    const store = log.store()
    const hold = await store.groups.hold('other')
    expect((await remove(log, ['nightly', 'other'], { yes: true })).code).toBe(6)
    await hold.release()
    store.close()
    expect(await committed(log)).toHaveLength(2)
  })
})
