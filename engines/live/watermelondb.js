// WatermelonDB 0.28 as npm has it, with its LokiJS adapter in memory and its `synchronize`.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { Database, Model, Q, appSchema, tableSchema } = require('@nozbe/watermelondb')
const { default: LokiJSAdapter } = require('@nozbe/watermelondb/adapters/lokijs')
const { synchronize } = require('@nozbe/watermelondb/sync')
const { default: logger } = require('@nozbe/watermelondb/utils/common/logger')
const { LokiMemoryAdapter } = require('lokijs')

logger.silence()
const column = (name, type) => ({ name, type, isOptional: true })
const schema = appSchema({
  version: 1,
  tables: [tableSchema({ name: 'task', columns: [column('title', 'string'), column('state', 'string'), column('hours', 'number')] })],
})
class Task extends Model { static table = 'task' }

export default async function open({ name, url, timeout }) {
  const adapter = new LokiJSAdapter({
    schema, dbName: name, useWebWorker: false, useIncrementalIndexedDB: false, _testLokiAdapter: new LokiMemoryAdapter(),
  })
  const database = new Database({ adapter, modelClasses: [Task] })
  const tasks = database.get('task')
  async function ask(path, body) {
    const response = await fetch(url + path, {
      ...(body && { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      signal: AbortSignal.timeout(timeout),
    })
    if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`)
    return response.json()
  }
  const raws = () => tasks.query().unsafeFetchRaw()
  return {
    sync: () => synchronize({
      database,
      sendCreatedAsUpdated: true,
      pullChanges: ({ lastPulledAt, schemaVersion }) =>
        ask(`/pull?last_pulled_at=${lastPulledAt ?? 0}&schema_version=${schemaVersion}&migration=null`),
      pushChanges: ({ changes, lastPulledAt }) => ask(`/push?last_pulled_at=${lastPulledAt}`, changes),
    }),
    edit: ({ do: what, key, values }) => database.write(async () => {
      const row = (await tasks.query(Q.where('id', key)).fetch())[0]
      if ((what === 'create') === Boolean(row)) return false
      if (what === 'create') {
        await tasks.create(row => {
          row._raw.id = key
          for (const name in values) row._setRaw(name, values[name])
        })
      } else if (what === 'delete') await row.markAsDeleted()
      else if (Object.keys(values).every(name => row._getRaw(name) === values[name])) return false
      else await row.update(() => { for (const name in values) row._setRaw(name, values[name]) })
      return true
    }),
    rows: async () => (await raws()).map(({ id, title, state, hours }) => ({ id, title, state, hours })),
  }
}
