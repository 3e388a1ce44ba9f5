// RxDB 17 with its free storage for `localStorage`, and its replication with handlers over HTTP, as its documentation
// has them. A collection an entity.
import { createRxDatabase } from 'rxdb'
import { replicateRxCollection } from 'rxdb/plugins/replication'
import { getRxStorageLocalstorage } from 'rxdb/plugins/storage-localstorage'

const TYPES = { int: 'integer', real: 'number', timestamp: 'integer', bool: 'boolean' }
const BATCH = 100
let bench, database
const running = {}

const schemaOf = ({ columns }) => {
  const properties = { id: { type: 'string', maxLength: 100 } }
  for (const { name, kind } of columns) properties[name] = { type: [TYPES[kind] ?? 'string', 'null'] }
  return { version: 0, primaryKey: 'id', type: 'object', properties, required: ['id'] }
}

async function open(given) {
  bench = given
  database = await createRxDatabase({
    name: 'phone', storage: getRxStorageLocalstorage(), multiInstance: false, eventReduce: true,
  })
  await database.addCollections(Object.fromEntries(bench.tables.map(entity => [entity.name, { schema: schemaOf(entity) }])))
}

async function ask(path, body, rows) {
  const response = await fetch(path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
    rows,
  })
  if (!response.ok) throw Object.assign(new Error(`HTTP ${response.status}: ${await response.text()}`), { status: response.status })
  return response.json()
}

/** The end of a replication, or its next failure. */
async function end(name) {
  const state = running[name]
  let told
  const failed = new Promise((_, reject) => {
    told = state.error$.subscribe(error => {
      const inner = error.parameters?.errors?.[0]
      reject(Object.assign(new Error(inner?.message ?? error.message), { status: inner?.status }))
    })
  })
  try {
    await Promise.race([state.awaitInitialReplication(), failed])
    delete running[name]
  } finally {
    told.unsubscribe()
  }
}

/**
 * One exchange, both ways; it fails as a handler fails. The replication goes on trying then, and cannot be ended
 * (found/cancel.mjs). So the next sync waits for that one first: two of one identifier would send rows of each other.
 */
async function replicate(name, pull, push) {
  if (running[name]) await end(name)
  running[name] = replicateRxCollection({
    collection: database[name], replicationIdentifier: `bench-${name}`, live: false, waitForLeadership: false, retryTime: 5000,
    pull: { batchSize: BATCH, handler: pull }, push: push && { batchSize: BATCH, handler: push },
  })
  await end(name)
}

/** What a push sends of each row: it may send again what it read before somebody edited the row. */
const states = (name, rows) => rows.map(({ newDocumentState: { id, _deleted, ...values } }) => [name, id, _deleted ? null : values])

async function sync(unit) {
  for (const name of unit.pull) {
    await replicate(name,
      (checkpoint, limit) => ask(`/rx/${name}/pull?updatedAt=${checkpoint?.updatedAt ?? 0}&id=${encodeURIComponent(checkpoint?.id ?? '')}&limit=${limit}`),
      unit.push.includes(name) ? rows => ask(`/rx/${name}/push`, rows, states(name, rows)) : undefined)
  }
}

/** What somebody who was synced before has: the same replication, over a pull that asks nobody. */
async function provision({ tables, syncedAt }) {
  for (const { name } of bench.tables) {
    let given = false
    await replicate(name, async () => {
      const documents = given ? [] : (tables[name] ?? []).map(row => ({ ...row, _deleted: false }))
      given = true
      return { documents, checkpoint: { updatedAt: syncedAt, id: documents.at(-1)?.id ?? '\uffff' } }
    })
  }
}

async function edit({ entity, kind, key, values }) {
  const rows = database[entity]
  if (kind === 'create') return void await rows.insert({ id: key, ...values })
  const document = await rows.findOne(key).exec()
  if (!document) return 'missing'
  if (kind === 'delete') return void await document.remove()
  if (Object.keys(values).every(name => document.get(name) === values[name])) return 'unchanged'
  await document.patch(values)
}

const rows = async entity => (await database[entity].find().exec()).map(document => document.toJSON())

export const capabilities = { acknowledges: true, prompt: true, merge: 'converges' }
export default { open, sync, provision, edit, rows }
