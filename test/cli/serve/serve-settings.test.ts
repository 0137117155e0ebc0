import { expect, test } from 'vitest'
import { serveSettings, type ServeSettings } from '../../../src/cli/serve/serve-settings.ts'

/** What the file that comes with Apache Kafka 4.3 says. */
const kafkas = `process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=localhost:9093
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
num.network.threads=3
num.io.threads=8
socket.send.buffer.bytes=102400
socket.receive.buffer.bytes=102400
socket.request.max.bytes=104857600
log.dirs=/tmp/kraft-combined-logs
num.partitions=1
num.recovery.threads.per.data.dir=1
offsets.topic.replication.factor=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.retention.hours=168
log.segment.bytes=1073741824
log.retention.check.interval.ms=300000`

function read(...lines: string[]): ServeSettings {
  const options = {
    configFile: undefined,
    override: lines,
    listen: [],
    advertisedListener: undefined,
    flushPolicy: undefined,
    partitions: undefined,
    autoCreate: true,
    groupInitialRebalanceDelayMs: undefined,
    metricsListen: undefined,
  }
  return serveSettings(options)
}

test("Kafka's own file is taken, and what of it does not hold is told", () => {
  const { listeners, directory, ignored, ofTopics } = read(...kafkas.split('\n'))
  expect(directory).toBe('/tmp/kraft-combined-logs')
  expect(listeners).toEqual([
    {
      address: { kind: 'tcp', host: '0.0.0.0', port: 9092 },
      protocol: 'PLAINTEXT',
      advertised: { host: 'localhost', port: 9092 },
    },
  ])
  expect(ofTopics).toEqual(['log.retention.hours', 'log.segment.bytes'])
  expect(ignored).toContain('num.io.threads')
})

test('listeners have names, and are advertised by them', () => {
  const { listeners } = read(
    'listeners=INSIDE://10.0.0.1:9092,OUTSIDE://0.0.0.0:9093',
    'advertised.listeners=INSIDE://in.example:1,OUTSIDE://out.example:2',
    'listener.security.protocol.map=INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT',
  )
  expect(listeners.map(({ protocol, advertised }) => [protocol, advertised?.host])).toEqual([
    ['PLAINTEXT', 'in.example'],
    ['PLAINTEXT', 'out.example'],
  ])
  const hosts = (...lines: string[]): unknown[] => read(...lines).listeners.map(({ advertised: one }) => one?.host)
  const two = [
    'listeners=IN-9091://:9091,OUT-9092://:9092',
    'listener.security.protocol.map=IN-9091:PLAINTEXT,OUT-9092:PLAINTEXT',
  ]
  expect(hosts(...two, 'advertised.listeners=OUT-9092://out.example:2')).toEqual([undefined, 'out.example'])
  expect(hosts(...two, 'advertised.listeners=all.example:2')).toEqual(['all.example', 'all.example'])
  expect(() => read('listeners=INSIDE://:1')).toThrow("'INSIDE' is not a protocol of a listener")
  expect(() => read('listeners=C://:1', 'controller.listener.names=C')).toThrow('listeners has none for clients')
})
