import { ServeScene } from '../broker/serve-scene.ts'
import { replicationWithBrokers } from '../support/replication-with-brokers.ts'

replicationWithBrokers('tslog serve', async () => {
  const scene = await ServeScene.start()
  return { bootstrap: scene.address, stop: () => scene.remove() }
})
