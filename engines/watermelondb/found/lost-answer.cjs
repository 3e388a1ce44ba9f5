// WatermelonDB 0.28.0: a push whose answer was lost is pushed again, over what somebody has written since, though the server
// aborts conflicts as the documentation asks for. Run: node found/lost-answer.cjs
const { Database, Model, appSchema, tableSchema } = require('@nozbe/watermelondb')
const LokiJSAdapter = require('@nozbe/watermelondb/adapters/lokijs').default
const { synchronize } = require('@nozbe/watermelondb/sync')
const { LokiMemoryAdapter } = require('lokijs')

const schema = appSchema({ version: 1, tables: [tableSchema({ name: 'task', columns: [{ name: 'hours', type: 'number' }] })] })
class Task extends Model { static table = 'task' }
const phone = name => new Database({
  adapter: new LokiJSAdapter({ schema, dbName: name, useWebWorker: false, useIncrementalIndexedDB: false, _testLokiAdapter: new LokiMemoryAdapter() }),
  modelClasses: [Task],
})

// The server: one row, the time of its last change, and a clock of its own.
const server = { hours: 0, changed: 1, clock: 1 }
const pullChanges = async ({ lastPulledAt }) => {
  const updated = server.changed > (lastPulledAt ?? 0) ? [{ id: 'a', hours: server.hours }] : []
  return { changes: { task: { created: [], updated, deleted: [] } }, timestamp: server.clock }
}
const pushChanges = isLost => async ({ changes, lastPulledAt }) => {
  for (const row of changes.task.updated) {
    if (server.changed > lastPulledAt) throw new Error('conflict: pull first')
    server.hours = row.hours
    server.changed = ++server.clock
    console.log(`  the server has ${row.hours}`)
  }
  if (isLost) throw new Error('the answer is lost')
}
const sync = (database, isLost = false) => synchronize({ database, sendCreatedAsUpdated: true, pullChanges, pushChanges: pushChanges(isLost) })
const set = (database, hours) => database.write(async () => {
  const task = await database.get('task').find('a')
  await task.update(() => task._setRaw('hours', hours))
})

async function main() {
  const [a, b] = [phone('a'), phone('b')]
  await sync(a)
  await sync(b)
  console.log('A writes 19, and its answer is lost')
  await set(a, 19)
  await sync(a, true).catch(error => console.log(`  A: ${error.message}`))
  console.log('B reads 19 and writes 65')
  await sync(b)
  await set(b, 65)
  await sync(b)
  console.log('A syncs again')
  await sync(a)
  console.log(server.hours === 65 ? 'B stays' : `B's 65 is gone: ${server.hours}, which B had read and replaced`)
  process.exit(server.hours === 65 ? 0 : 1)
}
main()
