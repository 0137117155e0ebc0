import { commandsOnBrokers } from '../support/commands-on-brokers.ts'
import { ServeScene } from './serve-scene.ts'

commandsOnBrokers('tslog serve', async () => {
  const scene = await ServeScene.start(['--group-initial-rebalance-delay-ms', '0'])
  return { bootstrap: scene.address, stop: () => scene.remove() }
})
