// WatermelonDB 0.28 with its SQLite adapter of Node, and its `synchronize`, as its documentation has them.
import { Database, Model, Q, appSchema, tableSchema } from '@nozbe/watermelondb'
import SQLiteAdapter from '@nozbe/watermelondb/adapters/sqlite'
import { synchronize } from '@nozbe/watermelondb/sync'
import logger from '@nozbe/watermelondb/utils/common/logger'

logger.silence()

const TYPES = { int: 'number', real: 'number', timestamp: 'number', bool: 'boolean' }
let bench, database

/** One table an entity; `id` is WatermelonDB's own. */
const schemaOf = tables => appSchema({
  version: 1,
  tables: tables.map(table => tableSchema({
    name: table.name,
    columns: table.columns.map(({ name, kind }) => ({ name, type: TYPES[kind] ?? 'string', isOptional: true })),
  })),
})

async function ask(path, body) {
  const response = await fetch(path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  if (!response.ok) throw Object.assign(new Error(`HTTP ${response.status}: ${await response.text()}`), { status: response.status })
  return response.json()
}

async function open(given) {
  bench = given
  const adapter = new SQLiteAdapter({ schema: schemaOf(bench.tables), dbName: 'phone.db', jsi: false, onSetUpError: error => { throw error } })
  const modelClasses = bench.tables.map(({ name }) => class extends Model { static table = name })
  database = new Database({ adapter, modelClasses })
  // It opens its file with the first question.
  await database.get(bench.tables[0].name).query().fetchCount()
}

const sync = unit => synchronize({
  database,
  sendCreatedAsUpdated: true,
  pullChanges: ({ lastPulledAt, schemaVersion }) =>
    ask(`/pull?last_pulled_at=${lastPulledAt ?? 0}&schema_version=${schemaVersion}&migration=null&tables=${unit.pull.join(',')}`),
  pushChanges: ({ changes, lastPulledAt }) => ask(`/push?last_pulled_at=${lastPulledAt}`, changes),
})

/** What somebody who was synced before has: the same code, over a pull that asks nobody. */
function provision({ tables, syncedAt }) {
  const changes = {}
  for (const { name } of bench.tables) changes[name] = { created: [], updated: tables[name] ?? [], deleted: [] }
  return synchronize({ database, sendCreatedAsUpdated: true, pullChanges: async () => ({ changes, timestamp: syncedAt }) })
}

async function edit({ entity, kind, key, values }) {
  const rows = database.get(entity)
  return database.write(async () => {
    const row = (await rows.query(Q.where('id', key)).fetch())[0]
    if (kind === 'create') {
      if (row) return 'exists'
      return void await rows.create(row => { row._raw.id = key; for (const name in values) row._setRaw(name, values[name]) })
    }
    if (!row) return 'missing'
    if (kind === 'delete') return void await row.markAsDeleted()
    // A value that is there already marks nothing, and is not sent.
    if (Object.keys(values).every(name => row._getRaw(name) === values[name])) return 'unchanged'
    await row.update(() => { for (const name in values) row._setRaw(name, values[name]) })
  })
}

const raws = (entity, text) => database.get(entity).query(Q.unsafeSqlQuery(text)).unsafeFetchRaw()
const rows = entity => raws(entity, `select * from "${entity}" where _status is not 'deleted'`)
async function pending() {
  const waiting = []
  for (const { name } of bench.tables) {
    for (const { id } of await raws(name, `select id from "${name}" where _status is not 'synced'`)) waiting.push([name, id])
  }
  return waiting
}

export const capabilities = { acknowledges: true, stamps: true, sessions: true, prompt: true, merge: 'converges' }
export default { open, sync, provision, edit, rows, pending }
