// RxDB 17.6.0: a push is committed and its answer lost; the person sets the row back to what it was before the retry. The row then
// equals what RxDB still takes the server to have, so it is never pushed, and a pull writes over it. Nobody else has written, and the
// conflict handler, which would keep it, is asked about the first edit alone. Run: node found/set-back.mjs
import { createRxDatabase } from 'rxdb'
import { replicateRxCollection } from 'rxdb/plugins/replication'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'

const database = await createRxDatabase({ name: 'back', storage: getRxStorageMemory(), multiInstance: false })
const properties = { id: { type: 'string', maxLength: 20 }, hours: { type: 'integer' } }
const schema = { version: 0, primaryKey: 'id', type: 'object', properties, required: ['id'] }
const keeps = { isEqual: (a, b) => a.hours === b.hours && a._deleted === b._deleted, resolve: ({ newDocumentState }) => newDocumentState }
await database.addCollections({ task: { schema, conflictHandler: keeps } })

// The server of the documentation: what is not the assumed state comes back as a conflict, and a pull brings what is new.
let master = { id: 'a', hours: 1, _deleted: false }, version = 1, loses = false
const pushed = []
async function push(rows) {
  const conflicts = []
  for (const { assumedMasterState, newDocumentState } of rows) {
    pushed.push([assumedMasterState?.hours, newDocumentState.hours])
    if (assumedMasterState?.hours === master.hours) { master = newDocumentState; version++ } else conflicts.push(master)
  }
  if (!loses) return conflicts
  loses = false
  await (await database.task.findOne('a').exec()).incrementalPatch({ hours: 1 })
  throw new Error('the answer is lost')
}
const replicate = () => replicateRxCollection({
  collection: database.task, replicationIdentifier: 'back', live: false, waitForLeadership: false, retryTime: 50,
  pull: { handler: async at => ({ documents: at?.version === version ? [] : [master], checkpoint: { version } }) }, push: { handler: push },
}).awaitInitialReplication()

await replicate()
await (await database.task.findOne('a').exec()).incrementalPatch({ hours: 2 })
loses = true
for (let times = 0; times < 4; times++) await replicate()
const hours = (await database.task.findOne('a').exec()).hours
console.log(`edited to 2 and back to 1; pushed ${JSON.stringify(pushed)}; the phone has ${hours}, the server ${master.hours}`)
process.exit(hours === 1 && master.hours === 1 ? 0 : 1)
