// Brings a real Apache Kafka with all its jars into the cache, by Maven, and compiles the oracle. Quick when it is there already.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KAFKA_VERSION, kafkaHome, kafkaJars, oracleClassPath } from './home.ts'

/** kafka_2.13 is the broker; kafka-tools the commands (kafka-dump-log, perf tests); slf4j-simple makes their log readable. */
const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tslog.test</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`

function fetch(): void {
  mkdirSync(kafkaHome(), { recursive: true })
  const beside = mkdtempSync(join(kafkaHome(), 'fetch-'))
  writeFileSync(join(beside, 'pom.xml'), pom)
  const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${beside}/libs`]
  const maven = spawnSync('mvn', ['-B', '-q', ...copy], { cwd: beside, stdio: ['ignore', 2, 2] })
  if (maven.status === 0 && !existsSync(kafkaJars())) renameSync(join(beside, 'libs'), kafkaJars())
  rmSync(beside, { recursive: true })
  if (maven.status !== 0) throw new Error(`Maven could not bring Kafka ${KAFKA_VERSION}`, { cause: maven.error })
}

if (!existsSync(kafkaJars())) fetch()
oracleClassPath()
console.log(kafkaHome())
