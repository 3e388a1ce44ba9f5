// WatermelonDB 0.28.0: a first pull writes its rows and then, in another transaction, the time of the pull. If the app ends
// between the two, the next pull is a first one again: it has all rows that exist, and no deletes. A row that was deleted
// meanwhile stays on the phone. Here the app "ends" in `onDidPullChanges`, which is called between the two writes.
// Run: node found/first-pull-killed.cjs
const { Database, Model, appSchema, tableSchema } = require('@nozbe/watermelondb')
const LokiJSAdapter = require('@nozbe/watermelondb/adapters/lokijs').default
const { synchronize } = require('@nozbe/watermelondb/sync')
const { LokiMemoryAdapter } = require('lokijs')

const schema = appSchema({ version: 1, tables: [tableSchema({ name: 'task', columns: [{ name: 'hours', type: 'number' }] })] })
class Task extends Model { static table = 'task' }
const database = new Database({
  adapter: new LokiJSAdapter({ schema, dbName: 'phone', useWebWorker: false, useIncrementalIndexedDB: false, _testLokiAdapter: new LokiMemoryAdapter() }),
  modelClasses: [Task],
})

// The server, as the documentation asks for: a first pull gets all rows, a later one also what was deleted since the last.
const server = { clock: 1, rows: new Map([['a', 1], ['b', 1]]), deleted: new Map() }
const pullChanges = async ({ lastPulledAt }) => {
  const since = lastPulledAt ?? 0
  const updated = [...server.rows].filter(([, at]) => at > since).map(([id]) => ({ id, hours: 1 }))
  const deleted = lastPulledAt ? [...server.deleted].filter(([, at]) => at > since).map(([id]) => id) : []
  return { changes: { task: { created: [], updated, deleted } }, timestamp: server.clock }
}
const sync = onDidPullChanges => synchronize({ database, sendCreatedAsUpdated: true, pullChanges, pushChanges: async () => {}, onDidPullChanges })
const held = async () => (await database.get('task').query().fetch()).map(task => task.id).sort().join(' ')

async function main() {
  await sync(() => { throw new Error('the app ends here') }).catch(error => console.log(`first pull: ${error.message}`))
  console.log(`the phone holds: ${await held()}`)
  server.rows.delete('b')
  server.deleted.set('b', ++server.clock)
  console.log('the server deletes b')
  for (const which of ['second', 'third']) {
    await sync()
    console.log(`after the ${which} pull the phone holds: ${await held()}`)
  }
  const stays = (await held()).includes('b')
  console.log(stays ? 'b stays for ever' : 'b is gone')
  process.exit(stays ? 1 : 0)
}
main()
