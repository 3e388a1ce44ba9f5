// PouchDB 9 with its adapter over LevelDB's interface, on the phone's SQLite (store.js), and its replication with CouchDB's
// protocol. A database an entity.
import PouchDB from 'pouchdb-core'
import HttpAdapter from 'pouchdb-adapter-http'
import LevelAdapter from 'pouchdb-adapter-leveldb-core'
import Replication from 'pouchdb-replication'
import store, { disk } from './store.js'

function PhoneAdapter(options, done) { LevelAdapter.call(this, { db: store, ...options }, done) }
PhoneAdapter.valid = () => true
PhoneAdapter.use_prefix = false
PouchDB.plugin(HttpAdapter).plugin(Replication).plugin(pouch => pouch.adapter('phone', PhoneAdapter, true))

// A rejection that PouchDB leaves to nobody (found/unheard.mjs) ends no app here.
addEventListener('unhandledrejection', event => event.preventDefault())

const databases = {}
let bench
// The rows that were edited since the last push that ended well: PouchDB has no list of them.
disk.exec('CREATE TABLE IF NOT EXISTS waiting(n INTEGER PRIMARY KEY AUTOINCREMENT, entity TEXT, id TEXT)')
const WAITING = disk.prepare('SELECT n, entity, id FROM waiting ORDER BY n')
const WAITS = disk.prepare('INSERT INTO waiting(entity, id) VALUES(?, ?)')
const SENT = disk.prepare('DELETE FROM waiting WHERE entity = ? AND n <= ?')

async function open(given) {
  bench = given
  for (const { name } of bench.tables) {
    databases[name] = new PouchDB(name, { adapter: 'phone' })
    await databases[name].info()
  }
  // From the first word on rows count as shown where the adapter says so.
  bench.applied()
}

/** What a push sends of each row: PouchDB has read it before, and somebody may have edited it since. */
const states = (name, body) => JSON.parse(body).docs.map(({ _id, _rev, _revisions, _deleted, ...values }) => [name, _id, _deleted ? null : values])

/** PouchDB asks for absolute addresses. */
const HOME = 'https://app.example/'
const remote = name => new PouchDB(HOME + name, {
  adapter: 'http', skip_setup: true,
  fetch: (url, options) => fetch(url, url.endsWith('/_bulk_docs') ? { ...options, rows: states(name, options.body) } : options),
})

async function sync(unit) {
  for (const name of unit.pull) {
    const server = remote(name)
    if (unit.push.includes(name)) {
      const last = WAITING.all().at(-1)?.n ?? 0
      await PouchDB.replicate(databases[name], server, { retry: false })
      SENT.run(name, last)
    }
    // A batch is written as a whole, when the last of its documents has come: what came before is not shown yet.
    await PouchDB.replicate(server, databases[name], { retry: false }).on('change', () => bench.applied())
  }
}

async function edit({ entity, kind, key, values }) {
  const database = databases[entity]
  for (;;) {
    const document = await database.get(key).catch(error => { if (error.status !== 404) throw error })
    if (kind === 'create' && document) return 'exists'
    if (kind !== 'create' && !document) return 'missing'
    if (kind === 'update' && Object.keys(values).every(name => document[name] === values[name])) return 'unchanged'
    WAITS.run(entity, key)
    try {
      await (kind === 'delete' ? database.remove(document) : database.put({ ...document, _id: key, ...values }))
      return
    } catch (error) {
      // A replication wrote meanwhile: as its documentation says, read again and write over that.
      if (error.status !== 409) throw error
    }
  }
}

const rows = async entity => (await databases[entity].allDocs({ include_docs: true })).rows.map(({ doc: { _id, _rev, ...row } }) => ({ id: _id, ...row }))
const pending = () => WAITING.all().map(({ entity, id }) => [entity, id])

export const capabilities = { acknowledges: true, prompt: true, merge: 'converges' }
export default { open, sync, edit, rows, pending }
