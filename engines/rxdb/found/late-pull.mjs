// RxDB 17.6.0: a pull is answered before a push is committed, and its answer comes after that of the push. The phone
// then shows its older state again, and takes it for the server's. So the next edit meets the phone's own last one as
// a conflict, and the default handler drops it. Nobody else has written, and no answer is lost. Run:
// node found/late-pull.mjs
import { createRxDatabase } from 'rxdb'
import { replicateRxCollection } from 'rxdb/plugins/replication'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'

const database = await createRxDatabase({ name: 'late', storage: getRxStorageMemory(), multiInstance: false })
const properties = { id: { type: 'string', maxLength: 20 }, hours: { type: 'integer' } }
await database.addCollections({ task: { schema: { version: 0, primaryKey: 'id', type: 'object', properties, required: ['id'] } } })
const task = () => database.task.findOne('a').exec()
const wait = ms => new Promise(done => setTimeout(done, ms))

// The server of the documentation: what is not the assumed state comes back as a conflict, and a pull brings what is new.
let master = { id: 'a', hours: 1, _deleted: false }, version = 1, slow = false
const pushed = []
async function push(rows) {
  await wait(slow ? 50 : 0)
  const conflicts = []
  for (const { assumedMasterState, newDocumentState } of rows) {
    pushed.push([assumedMasterState?.hours, newDocumentState.hours])
    if (assumedMasterState?.hours === master.hours) { master = newDocumentState; version++ } else conflicts.push(master)
  }
  return conflicts
}
async function pull(at) {
  const answer = { documents: at?.version === version ? [] : [master], checkpoint: { version } }
  await wait(slow ? 200 : 0)
  return answer
}
const replicate = () => replicateRxCollection({
  collection: database.task, replicationIdentifier: 'late', live: false, waitForLeadership: false, retryTime: 50,
  pull: { handler: pull }, push: { handler: push },
}).awaitInitialReplication()

await replicate()
await (await task()).incrementalPatch({ hours: 2 })
await replicate()
await (await task()).incrementalPatch({ hours: 3 })
slow = true
await replicate()
slow = false
const back = (await task()).hours
await (await task()).incrementalPatch({ hours: 4 })
for (let times = 0; times < 3; times++) await replicate()
const hours = (await task()).hours
console.log(`edited to 2, then to 3: the phone has ${back}; then edited to 4: it has ${hours}, the server ${master.hours}; pushed ${JSON.stringify(pushed)}`)
process.exit(back === 3 && hours === 4 && master.hours === 4 ? 0 : 1)
