// RxDB 17.6.0: `cancel()` of a one-shot replication whose push fails never returns. Run: node found/cancel.mjs
import { createRxDatabase } from 'rxdb'
import { replicateRxCollection } from 'rxdb/plugins/replication'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'

const database = await createRxDatabase({ name: 'cancel', storage: getRxStorageMemory(), multiInstance: false })
await database.addCollections({
  note: { schema: { version: 0, primaryKey: 'id', type: 'object', properties: { id: { type: 'string', maxLength: 20 } }, required: ['id'] } },
})
await database.note.insert({ id: 'a' })
const state = replicateRxCollection({
  collection: database.note, replicationIdentifier: 'cancel', live: false, waitForLeadership: false, retryTime: 100,
  pull: { handler: async () => ({ documents: [], checkpoint: null }) },
  push: { handler: async () => { throw new Error('the server is down') } },
})
const failed = new Promise(resolve => state.error$.subscribe(resolve))
await failed
const ended = await Promise.race([
  state.cancel().then(() => 'returned'),
  new Promise(resolve => setTimeout(resolve, 5000, 'did not return in 5 s')),
])
console.log(`cancel() ${ended}`)
process.exit(ended === 'returned' ? 0 : 1)
