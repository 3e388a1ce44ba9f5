// RxDB 17.6.0: which documents a push begins with is asked by the times that the phone's clock gave them (`_meta.lwt`). The clock goes
// back, the app starts again, and a row is edited before the replication begins: that edit is older than the checkpoint of the last
// push, is never sent, and keeps the server's newer state out. Run: node found/clock.mjs
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const own = fileURLToPath(import.meta.url)
if (process.argv.length === 2) {
  // Two lives of an app on one phone: what is kept between them is what `localStorage` keeps.
  const life = (kept, ...given) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [own, ...given], { input: JSON.stringify(kept), encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    return JSON.parse(stdout)
  }
  const steps = [['the clock stands', 0], ['it went back by 3 min', -180_000]]
  const lost = steps.map(([when, step]) => {
    const first = life({ kept: {}, master: { id: 'a', hours: 1, _deleted: false } }, '0', '2')
    const { pushed, shown, master } = life({ ...first, others: 9 }, String(step), '3')
    console.log(`${when}: edited to 3, somebody else says 9; pushed ${JSON.stringify(pushed)}; the phone has ${shown}, the server ${master.hours}`)
    return pushed.length === 0 || shown !== master.hours
  })
  if (lost[0]) throw new Error('not with a clock that stands')
  process.exit(lost[1] ? 1 : 0)
}

const [step, hours] = process.argv.slice(2).map(Number)
const real = Date.now
Date.now = () => real() + step
const { createRxDatabase } = await import('rxdb')
const { replicateRxCollection } = await import('rxdb/plugins/replication')
const { getRxStorageLocalstorage } = await import('rxdb/plugins/storage-localstorage')
const { text } = await import('node:stream/consumers')
const given = JSON.parse(await text(process.stdin))
let { kept, master } = given

const localStorage = {
  getItem: key => kept[key] ?? null, setItem: (key, value) => { kept[key] = String(value) }, removeItem: key => { delete kept[key] },
}
const database = await createRxDatabase({ name: 'clock', storage: getRxStorageLocalstorage({ localStorage }), multiInstance: false })
const properties = { id: { type: 'string', maxLength: 20 }, hours: { type: 'integer' } }
await database.addCollections({ task: { schema: { version: 0, primaryKey: 'id', type: 'object', properties, required: ['id'] } } })

// The server of the documentation: what is not the assumed state comes back as a conflict. Its checkpoints are counted, by no clock.
const pushed = []
let version = given.version ?? 1
const replicate = () => replicateRxCollection({
  collection: database.task, replicationIdentifier: 'clock', live: false, waitForLeadership: false, retryTime: 50,
  pull: { handler: async at => ({ documents: at?.version === version ? [] : [master], checkpoint: { version } }) },
  push: {
    handler: async rows => {
      const conflicts = []
      for (const { assumedMasterState, newDocumentState } of rows) {
        pushed.push(newDocumentState.hours)
        if (assumedMasterState?.hours === master.hours) { master = newDocumentState; version++ } else conflicts.push(master)
      }
      return conflicts
    },
  },
}).awaitInitialReplication()

const task = () => database.task.findOne('a').exec()
if (!await task()) await replicate()
await (await task()).incrementalPatch({ hours })
if (given.others !== undefined) { master = { ...master, hours: given.others }; version++ }
for (let times = 0; times < 3; times++) await replicate()
const shown = (await task()).hours
console.log(JSON.stringify({ kept, master, version, pushed, shown }))
process.exit(0)
