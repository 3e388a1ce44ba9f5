// RxDB 17.6.0: a push is committed and its answer lost; the row is edited again before the retry. The row then meets the phone's
// own first edit as a conflict, and the default handler drops the second edit. Nobody else has written. Run: node found/own-write.mjs
import { createRxDatabase } from 'rxdb'
import { replicateRxCollection } from 'rxdb/plugins/replication'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'

const database = await createRxDatabase({ name: 'own', storage: getRxStorageMemory(), multiInstance: false })
const properties = { id: { type: 'string', maxLength: 20 }, hours: { type: 'integer' } }
await database.addCollections({ task: { schema: { version: 0, primaryKey: 'id', type: 'object', properties, required: ['id'] } } })

// The server of the documentation: what is not the assumed state comes back as a conflict.
let master = { id: 'a', hours: 1, _deleted: false }, loses = false
const pushed = []
async function push(rows) {
  const conflicts = []
  for (const { assumedMasterState, newDocumentState } of rows) {
    pushed.push([assumedMasterState?.hours, newDocumentState.hours])
    if (assumedMasterState?.hours === master.hours) master = newDocumentState; else conflicts.push(master)
  }
  if (!loses) return conflicts
  loses = false
  const task = await database.task.findOne('a').exec()
  await task.incrementalPatch({ hours: 3 })
  throw new Error('the answer is lost')
}
const replicate = () => replicateRxCollection({
  collection: database.task, replicationIdentifier: 'own', live: false, waitForLeadership: false, retryTime: 50,
  pull: { handler: async at => ({ documents: at ? [] : [master], checkpoint: { n: 1 } }) }, push: { handler: push },
}).awaitInitialReplication()

await replicate()
await (await database.task.findOne('a').exec()).incrementalPatch({ hours: 2 })
loses = true
await replicate()
await replicate()
const hours = (await database.task.findOne('a').exec()).hours
console.log(`edited to 2 and then to 3; pushed ${JSON.stringify(pushed)}; the phone has ${hours}, the server ${master.hours}`)
process.exit(hours === 3 && master.hours === 3 ? 0 : 1)
